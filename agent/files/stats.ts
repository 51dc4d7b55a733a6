import type { BigIntStats, Stats } from 'node:fs';

export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export function ownershipOf({ mode, uid, gid }: Stats): Ownership {
  return { mode: mode & 0o7777, uid, gid };
}

/** The same of exact numbers. */
export function ownershipOfExact({ mode, uid, gid }: BigIntStats): Ownership {
  return { mode: Number(mode) & 0o7777, uid: Number(uid), gid: Number(gid) };
}

/** By which a change of the content is noticed; linking the file changes its ctime alone. */
export function seenOf({ size, mtimeMs }: Stats): { size: number; mtimeMs: number } {
  return { size, mtimeMs };
}

/** By which a file is known again that was away under another name: a rename changes none of it. */
export interface Was extends Ownership {
  readonly size: number;
  readonly mtimeMs: number;
  /** Number of its inode; plans of earlier agents have none. */
  readonly inode?: number;
}

export function wasOf(stat: Stats): Was {
  return { ...seenOf(stat), ...ownershipOf(stat), inode: stat.ino };
}

/** What `seenOf` tells, of exact numbers: milliseconds as node:fs makes them of what the kernel tells. */
export function seenOfExact({ size, mtimeNs }: BigIntStats): { size: number; mtimeMs: number } {
  return { size: Number(size), mtimeMs: Number(mtimeNs / 1_000_000_000n) * 1000 + Number(mtimeNs % 1_000_000_000n) / 1_000_000 };
}

export function wasOfExact(stat: BigIntStats): Was {
  return { ...seenOfExact(stat), ...ownershipOfExact(stat), inode: Number(stat.ino) };
}

/** Whether it is what was there: the same inode, also if it was written to since, or one that looks like it where inodes get other numbers. */
export function isWhatWas(there: BigIntStats, was: Was): boolean {
  const now = wasOfExact(there);
  if (now.inode === was.inode) return true;
  return now.size === was.size && now.mtimeMs === was.mtimeMs && now.mode === was.mode && now.uid === was.uid && now.gid === was.gid;
}
