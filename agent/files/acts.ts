import { closeSync, constants, lstatSync, type BigIntStats } from 'node:fs';
import type { FailpointName, Failpoints } from '../failpoints.ts';
import { fchmodSync, fchownSync, rmdirSync } from './disk.ts';
import { isErrno } from './errno.ts';
import type { Action } from './plan.ts';
import { openToReadSync } from './reading.ts';
import type { Staging } from './staging.ts';
import type { Tree } from './tree.ts';

/** Acts between two turns of the event loop: the agent keeps talking meanwhile. */
const YIELD_EVERY = 128;

/** Does one act after the other, and passes the failpoints on the way. */
export async function eachAction(
  actions: readonly Action[],
  failpoints: Failpoints,
  points: { readonly first?: FailpointName; readonly half?: FailpointName },
  act: (action: Action) => void,
): Promise<void> {
  const half = Math.floor(actions.length / 2);
  for (const [done, action] of actions.entries()) {
    if (done % YIELD_EVERY === YIELD_EVERY - 1) await new Promise((resolve) => setImmediate(resolve));
    if (done === 1 && points.first !== undefined) failpoints.pass(points.first);
    if (done === half && points.half !== undefined) failpoints.pass(points.half);
    act(action);
  }
}

/** Where an empty directory waits that takes the place of one which the commit removes. */
export function spareOf(tree: Tree, path: string, position: number, staging: Staging): string {
  return staging.spareAddress(tree.mountBase(tree.existingParent(path)), position);
}

/** By a descriptor: whoever owns the parent may have put a symlink there by now, which chown(2) and chmod(2) would follow. */
export function setOwnership(address: string, wanted: { mode: number; uid: number; gid: number }): void {
  const fd = openToReadSync(address, constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if (process.geteuid?.() === 0) fchownSync(fd, wanted.uid, wanted.gid);
    fchmodSync(fd, wanted.mode);
  } finally {
    closeSync(fd);
  }
}

/** Removes a directory that is empty. @returns a remark where something else was put into it */
export function removeDirectory(address: string, path: string): string | undefined {
  try {
    rmdirSync(address);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    if (isErrno(error, 'ENOTEMPTY')) return `${path} is left: something else was put into it`;
    throw error;
  }
  return;
}

/** Without following a symlink; with inode numbers that are exact. */
export function stat(address: string): BigIntStats | undefined {
  return lstatSync(address, { bigint: true, throwIfNoEntry: false });
}

export function isSameFile(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}
