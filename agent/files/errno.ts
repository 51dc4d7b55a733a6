import { UvsError } from '../../common/errors.ts';

/** Tells whether something thrown is a system error with that code, e.g. "ENOENT". */
export function isErrno(thrown: unknown, ...codes: readonly string[]): boolean {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' && codes.includes(thrown.code);
}

/** Names the path in a system error and gives it a reason: a full disk NO_SPACE, a read-only one PATH_FORBIDDEN. */
export function pathError(thrown: unknown, path: string, doing: string): UvsError {
  if (thrown instanceof UvsError) return thrown;
  const cause = { cause: thrown };
  if (isErrno(thrown, 'ENOSPC', 'EDQUOT')) {
    return new UvsError('NO_SPACE', `the disk was full while ${doing} ${path}`, {
      ...cause,
      hint: 'Free space on that file system and try again.',
    });
  }
  if (isErrno(thrown, 'EROFS')) return new UvsError('PATH_FORBIDDEN', `${path} is on a read-only file system`, cause);
  return new UvsError('INTERNAL', `${doing} ${path}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, cause);
}
