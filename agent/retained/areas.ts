import { join } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { rename, syncDirectory } from '../files/disk.ts';
import { pathError } from '../files/errno.ts';
import { RETAINED_NAME, STAGING_NAME } from '../files/forbidden.ts';
import type { Touched } from '../files/inode-flags.ts';
import { findBelow, makeBelow, openTop, PrivateDirectory } from '../files/private-directory.ts';
import type { Tree } from '../files/tree.ts';
import { removePrivate } from '../files/remove-private.ts';

/** Where the originals of an operation are retained on a mount: `.uvs-retained/OPERATION/INDEX`; undefined where they are not there. */
function findArea(root: string, base: string, operation: string): PrivateDirectory | undefined {
  using top = openTop(root, base);
  return findBelow(top, [RETAINED_NAME, operation]);
}

export function hasArea(root: string, base: string, operation: string): boolean {
  using area = findArea(root, base, operation);
  return area !== undefined;
}

/** The originals of an operation on a mount, by their indexes. @throws UvsError NO_WAY_BACK where they are not there */
export function openArea(root: string, base: string, operation: string): Tree {
  using area = findArea(root, base, operation);
  if (area !== undefined) return area.tree();
  throw new UvsError('NO_WAY_BACK', `what was retained on /${base} is not there`, {
    hint: 'Push a release that is newer than what is installed.',
  });
}

/** All that an operation has on a mount, by names below the root. @param indexes of its originals */
export function areaParts(base: string, operation: string, indexes: readonly number[]): Touched {
  const parent = join(base, RETAINED_NAME);
  const area = join(parent, operation);
  return { files: indexes.map((index) => join(area, String(index))), directories: [parent, area] };
}

/** Takes the originals of an operation over from its staging area on a mount, durably; may be run again. */
export async function moveToArea(root: string, base: string, operation: string): Promise<void> {
  using top = openTop(root, base);
  using known = PrivateDirectory.find(top, RETAINED_NAME);
  using parent = makeBelow(top, [RETAINED_NAME]);
  if (known === undefined) await syncDirectory(top.address('.'));
  // an earlier run may have done it
  if (!hasArea(root, base, operation)) {
    using staged = findBelow(top, [STAGING_NAME, operation]);
    if (staged === undefined) throw new UvsError('NOT_FOUND', `the staging area of ${operation} on ${top.path} is gone`);
    await rename(staged.address('old'), parent.address(operation)).catch((error: unknown) => {
      throw pathError(error, `${staged.path}/old`, 'retaining');
    });
  }
  await syncDirectory(parent.address('.'));
}

/** Frees on a mount all that is retained of other operations, and removes `.uvs-retained` itself where nothing is left in it. */
export async function sweepAreas(root: string, base: string, operations: ReadonlySet<string>): Promise<void> {
  await removePrivate(root, base, RETAINED_NAME, (operation) => !operations.has(operation));
}
