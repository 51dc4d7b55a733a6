import { relative } from 'node:path';
import type { DiskAct } from '../../common/disk-act.ts';

/**
 * Names the points of a run so that the same point has the same name in the next one: a named failpoint, or an act with what it changes below
 * the root; from the second time on with the count, as in "sync var/lib/uvs-agent/journal #7".
 */
export class PointNames {
  readonly #root: string;
  readonly #seen = new Map<string, number>();

  constructor(root: string) {
    this.#root = root;
  }

  failpoint(name: string): string {
    return this.#counted(name);
  }

  act({ kind, path }: DiskAct): string {
    const shown = relative(this.#root, path).replace(/\bop-[a-z0-9-]+(?=\/|\.log$|\.json(?:\.new)?$|$)/u, 'OP');
    return this.#counted(`${kind} ${shown === '' ? '/' : shown}`);
  }

  #counted(what: string): string {
    const count = (this.#seen.get(what) ?? 0) + 1;
    this.#seen.set(what, count);
    return count === 1 ? what : `${what} #${count}`;
  }
}

/** How often lines of output share a write is up to the moment, so that such a point may not come again. */
export function isUpToTheMoment(point: string): boolean {
  return point.startsWith('write var/lib/uvs-agent/output/');
}
