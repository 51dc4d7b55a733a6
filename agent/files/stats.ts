import type { Stats } from 'node:fs';

export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export function ownershipOf({ mode, uid, gid }: Stats): Ownership {
  return { mode: mode & 0o7777, uid, gid };
}

/** By which a change of the content is noticed; linking the file changes its ctime alone. */
export function seenOf({ size, mtimeMs }: Stats): { size: number; mtimeMs: number } {
  return { size, mtimeMs };
}
