import type { Stats } from 'node:fs';
import { UvsError } from '../../common/errors.ts';

/** @throws UvsError PATH_FORBIDDEN for a device, a pipe or a socket */
export function demandOrdinary(path: string, stat: Pick<Stats, 'isFile' | 'isSymbolicLink' | 'isDirectory'> | undefined): void {
  if (stat === undefined || stat.isFile() || stat.isSymbolicLink() || stat.isDirectory()) return;
  throw inTheWay(path, 'is a device, a pipe or a socket');
}

export function inTheWay(path: string, why: string): UvsError {
  return new UvsError('PATH_FORBIDDEN', `${path} ${why}`, { hint: 'Move it away if it is not needed, then try again.' });
}

export function owned(path: string, owner: string): UvsError {
  return new UvsError('PATH_FORBIDDEN', `the package may not touch ${path}: it belongs to the ${owner}`, {
    hint: 'Paths that dpkg or rpm own belong to a package step: bring them as a package of the distribution, or under another name.',
  });
}

export function neverInPlace(path: string, why: string): UvsError {
  return new UvsError('PATH_FORBIDDEN', `the package may not replace ${path} in place: ${why}`, {
    hint: 'Bring it under a new name, and move the symlink that points to it.',
  });
}
