import { lstatSync, readlinkSync, type BigIntStats } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import type { FileEntry } from '../../common/upd/manifest.ts';
import { pathError } from '../files/errno.ts';
import type { Plan } from '../files/plan.ts';
import type { Tree } from '../files/tree.ts';
import type { DeviceReading } from './device-reading.ts';
import type { ProvenContents } from './proven-contents.ts';

/** What has to be at the paths of a plan: entries by their place in its manifest. What the plan leaves alone is not compared. */
export interface ExpectedFiles {
  readonly files: readonly FileEntry[];
  readonly plan: Plan;
}

/** What is otherwise at a path than it should be, as the end of a sentence that begins with the path. */
export interface FileDifference {
  readonly path: string;
  readonly what: string;
}

/** Compares what is at paths with what has to be there: type, mode, owner, link, hard links, and content as the device has it; extended attributes are compare-xattrs.ts's. */
export class FileComparison {
  readonly #tree: Tree;
  readonly #names: ReadonlyMap<number, string>;
  readonly #left: ReadonlySet<number>;
  readonly #inodes = new Map<number, string>();
  readonly #removedDirectories: ReadonlySet<string>;
  readonly #files: readonly FileEntry[];
  readonly #proven: ProvenContents;
  readonly #reading: DeviceReading;

  constructor(tree: Tree, { files, plan }: ExpectedFiles, proven: ProvenContents, reading: DeviceReading) {
    this.#tree = tree;
    this.#files = files;
    this.#proven = proven;
    this.#reading = reading;
    this.#names = new Map(plan.actions.flatMap((action) => (action.kind === 'put' ? [[action.index, action.path] as const] : [])));
    this.#left = new Set(plan.left);
    this.#removedDirectories = new Set(plan.actions.flatMap((action) => (action.kind === 'remove-directory' ? [action.path] : [])));
  }

  /** @param index the entry's place. @returns the first difference; undefined: there is none. @throws UvsError READBACK_MISMATCH where the device can't give the content back */
  async difference(entry: FileEntry, index: number): Promise<FileDifference | undefined> {
    if (this.#left.has(index)) return undefined;
    const path = this.#names.get(index) ?? entry.path;
    const what = await this.#difference(entry, path);
    return what === undefined ? undefined : { path, what };
  }

  async #difference(entry: FileEntry, path: string): Promise<string | undefined> {
    const stat = this.#stat(path);
    if (entry.op === 'remove') {
      // a directory stays where something else lives in it
      return stat !== undefined && !this.#removedDirectories.has(path) ? 'is still there' : undefined;
    }
    if (stat === undefined) return 'is missing';
    const mode = Number(stat.mode) & 0o7777;
    if (process.geteuid?.() === 0 && (Number(stat.uid) !== entry.uid || Number(stat.gid) !== entry.gid)) {
      return `belongs to ${stat.uid}:${stat.gid}, not to ${entry.uid}:${entry.gid}`;
    }
    if (entry.type !== 'symlink' && mode !== entry.mode) {
      return `has mode ${mode.toString(8)}, not ${entry.mode.toString(8)}`;
    }
    return await this.#differenceOfContent(entry, path, stat);
  }

  async #differenceOfContent(entry: FileEntry & { op: 'put' }, path: string, stat: BigIntStats): Promise<string | undefined> {
    switch (entry.type) {
      case 'directory':
        return stat.isDirectory() ? undefined : 'is no directory';
      case 'symlink': {
        const isSame = stat.isSymbolicLink() && readlinkSync(this.#tree.address(path)) === entry.link;
        return isSame ? undefined : 'is not the symlink that the release brings';
      }
      case 'file': {
        if (!stat.isFile()) return 'is no regular file';
        if (entry.linkGroup !== 0 && !this.#isOfGroup(entry.linkGroup, stat)) return 'is not a hard link of its group';
        if (this.#proven.has(stat, entry.sha256)) return undefined;
        if (Number(stat.size) !== entry.size) return 'has another content';
        const read = await this.#reading.read(this.#tree.address(path), path);
        return read.sizeBytes !== entry.size || read.sha256 !== entry.sha256 ? 'has another content' : undefined;
      }
      default:
        return entry satisfies never;
    }
  }

  #isOfGroup(group: number, stat: BigIntStats): boolean {
    const inode = `${stat.dev}:${stat.ino}`;
    const known = this.#inodes.get(group);
    if (known === undefined) this.#inodes.set(group, inode);
    return known === undefined || known === inode || this.#isLeftPartly(group);
  }

  #isLeftPartly(group: number): boolean {
    return this.#files.some(
      (entry, index) => entry.op === 'put' && entry.type === 'file' && entry.linkGroup === group && this.#left.has(index),
    );
  }

  #stat(path: string): BigIntStats | undefined {
    try {
      return lstatSync(this.#tree.address(path), { bigint: true, throwIfNoEntry: false });
    } catch (error) {
      if (error instanceof UvsError && error.reason === 'NOT_FOUND') return undefined;
      throw pathError(error, path, 'reading back');
    }
  }
}
