import { readdir } from 'node:fs/promises';
import { removeTree, rmdir, syncDirectory } from './disk.ts';
import { isErrno, pathError } from './errno.ts';
import { openTopIfThere, PrivateDirectory } from './private-directory.ts';

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
      if (isOperation(operation) && isWanted(operation)) await removeTree(directory.address(operation));
    }
    await syncDirectory(directory.address('.'));
    await rmdir(top.address(name));
    await syncDirectory(top.address('.'));
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'ENOENT')) throw pathError(error, directory.path, 'clearing');
  }
}

/** Whether that name can be of something that an operation has made. */
export function isOperation(name: string): boolean {
  return /^op-[a-z0-9-]+$/.test(name);
}
