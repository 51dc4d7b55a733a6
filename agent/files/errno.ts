import { FREE_SPACE, UvsError } from '../../common/errors.ts';
import { isErrno } from '../../common/is-errno.ts';

export { isErrno };

/** Tells whether link(2) said that the file system has no hard links, or that a file has all that it may have. */
export function hasNoLink(thrown: unknown): boolean {
  return isErrno(thrown, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK');
}

/** Names the path in a system error and gives it a reason: a full disk NO_SPACE, a read-only one, or what it does not allow, PATH_FORBIDDEN. */
export function pathError(thrown: unknown, path: string, doing: string): UvsError {
  if (thrown instanceof UvsError) return thrown;
  const cause = { cause: thrown };
  if (isErrno(thrown, 'ENOSPC', 'EDQUOT')) {
    return new UvsError('NO_SPACE', `the disk was full while ${doing} ${path}`, {
      ...cause,
      hint: FREE_SPACE,
    });
  }
  if (isErrno(thrown, 'EROFS')) return new UvsError('PATH_FORBIDDEN', `${path} is on a read-only file system`, cause);
  // root may do all but what the file system, or a flag of the file, forbids
  if (isErrno(thrown, 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) {
    return new UvsError('PATH_FORBIDDEN', `${doing} ${path}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
      ...cause,
      hint: 'See lsattr(1) for flags such as "immutable", and whether its file system has owners, modes and links.',
    });
  }
  return new UvsError('INTERNAL', `${doing} ${path}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, cause);
}
