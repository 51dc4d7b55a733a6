import { readdir } from 'node:fs/promises';
import { UvsError } from '../../common/errors.ts';
import { removeTree, rmdir, syncDirectory } from './disk.ts';
import { isErrno, pathError } from './errno.ts';
import { openTop, PrivateDirectory, type PinnedTop } from './private-directory.ts';

/**
 * Removes what the agent has in a directory of its own on a mount, and that directory where nothing is left in it, durably. What has its name and is
 * another's is left alone, and so is what no operation has made: the owner of the mount's topmost directory can give the name to any directory in it.
 */
export async function removePrivate(root: string, base: string, name: string, isWanted: (operation: string) => boolean): Promise<void> {
  using top = openTopIfThere(root, base);
  if (top === undefined) return;
  using directory = PrivateDirectory.find(top, name);
  if (directory === undefined) return;
  try {
    for (const operation of await readdir(directory.address('.'))) {
      if (/^op-[a-z0-9-]+$/.test(operation) && isWanted(operation)) await removeTree(directory.address(operation));
    }
    await syncDirectory(directory.address('.'));
    await rmdir(top.address(name));
    await syncDirectory(top.address('.'));
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'ENOENT')) throw pathError(error, directory.path, 'clearing');
  }
}

/** Undefined where the way to it is gone or leads elsewhere now. */
function openTopIfThere(root: string, base: string): PinnedTop | undefined {
  try {
    return openTop(root, base);
  } catch (error) {
    if (error instanceof UvsError && (error.reason === 'NOT_FOUND' || error.reason === 'PATH_FORBIDDEN')) return undefined;
    throw error;
  }
}
