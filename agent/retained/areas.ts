import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree, rename, rmdir, syncDirectory } from '../files/disk.ts';
import { isErrno, pathError } from '../files/errno.ts';
import { RETAINED_NAME } from '../files/forbidden.ts';
import { isRealDirectory, makePrivate } from '../files/private-directory.ts';

/** Where the originals of an operation are retained on a mount: `.uvs-retained/OPERATION/INDEX`, readable by the agent alone. */
export function areaPath(root: string, base: string, operation: string): string {
  return join(root, base, RETAINED_NAME, operation);
}

export function hasArea(root: string, base: string, operation: string): boolean {
  return isRealDirectory(join(root, base, RETAINED_NAME)) && isRealDirectory(areaPath(root, base, operation));
}

/** Takes originals over from a staging area, durably; may be run again. @param from real path of the directory of originals, on that mount */
export async function moveToArea(root: string, base: string, operation: string, from: string): Promise<void> {
  const mount = join(root, base);
  const parent = join(mount, RETAINED_NAME);
  const wasThere = lstatSync(parent, { throwIfNoEntry: false }) !== undefined;
  makePrivate(parent);
  if (!wasThere) await syncDirectory(mount);
  try {
    await rename(from, areaPath(root, base, operation));
  } catch (error) {
    // an earlier run has done it
    if (!isErrno(error, 'ENOENT') || !hasArea(root, base, operation)) throw pathError(error, from, 'retaining');
  }
  await syncDirectory(parent);
}

/** Frees on a mount all that is retained of other operations, and removes `.uvs-retained` itself where nothing is left in it. */
export async function sweepAreas(root: string, base: string, operations: ReadonlySet<string>): Promise<void> {
  const parent = join(root, base, RETAINED_NAME);
  if (!isRealDirectory(parent)) return;
  for (const name of await readdir(parent)) if (!operations.has(name)) await removeTree(join(parent, name));
  try {
    await rmdir(parent);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'ENOENT')) throw pathError(error, parent, 'clearing');
  }
}
