import type { BigIntStats, Stats } from 'node:fs';

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

/** The same of exact numbers: milliseconds as node:fs makes them of what the kernel tells. */
export function seenOfExact({ size, mtimeNs }: BigIntStats): { size: number; mtimeMs: number } {
  return { size: Number(size), mtimeMs: Number(mtimeNs / 1_000_000_000n) * 1000 + Number(mtimeNs % 1_000_000_000n) / 1_000_000 };
}
