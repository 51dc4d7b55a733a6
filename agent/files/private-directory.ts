import { lstatSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import { mkdirSync } from './disk.ts';
import { isErrno, pathError } from './errno.ts';

/** Makes a directory that the agent alone may read, or sees that it is one. @throws UvsError PATH_FORBIDDEN */
export function makePrivate(path: string): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw pathError(error, path, 'making');
  }
  const stat = lstatSync(path);
  if (!stat.isDirectory() || stat.uid !== (process.geteuid?.() ?? stat.uid) || (stat.mode & 0o022) !== 0) {
    throw new UvsError('PATH_FORBIDDEN', `${path} is not a directory of the agent's own that nobody else may write`, {
      hint: 'Remove it: it is not needed between updates.',
    });
  }
}

/** Whether it is a directory itself, and no symlink to one. */
export function isRealDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
