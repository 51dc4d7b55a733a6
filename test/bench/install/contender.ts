import type { LoopDisk } from '../../support/loop-disk.ts';
import type { Releases } from '../releases.ts';
import type { Cost } from './cost.ts';

/** What all contenders install, and where. */
export interface Field {
  /** For what a contender needs of its own. */
  readonly folder: string;
  readonly disk: LoopDisk;
  /** Empty directory on that disk, in which the tree is to be at the end. */
  readonly target: string;
  readonly releases: Releases;
  /** The same tree, compressed as the package is. */
  readonly archive: string;
  /** Takes back at the end what a contender sets up. */
  readonly stack: DisposableStack;
}

/** One way to bring the same tree onto a disk. */
export interface Contender {
  readonly name: string;
  /** What it needs that a machine may lack: programs on the PATH, and files by their absolute path. */
  readonly needs: readonly string[];
  readonly prepare: (field: Field) => Promise<Install>;
}

/** @param quiet called when everything around it is ready: what the clock must not see is done then */
export type Install = (quiet: () => Promise<void>) => Promise<Cost>;
