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

/** By which a file is known again that was away under another name: a rename changes none of it. */
export function wasOf(stat: Stats): ReturnType<typeof seenOf> & Ownership {
  return { ...seenOf(stat), ...ownershipOf(stat) };
}

/** What `seenOf` tells, of exact numbers: milliseconds as node:fs makes them of what the kernel tells. */
export function seenOfExact({ size, mtimeNs }: BigIntStats): { size: number; mtimeMs: number } {
  return { size: Number(size), mtimeMs: Number(mtimeNs / 1_000_000_000n) * 1000 + Number(mtimeNs % 1_000_000_000n) / 1_000_000 };
}

export function wasOfExact(stat: BigIntStats): ReturnType<typeof wasOf> {
  return { ...seenOfExact(stat), mode: Number(stat.mode) & 0o7777, uid: Number(stat.uid), gid: Number(stat.gid) };
}
