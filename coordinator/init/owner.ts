import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UvsError } from '../../common/errors.ts';

const run = promisify(execFile);
const LIMIT_MS = 10_000;

/**
 * Refuses, before anything is made, an owner to whom it could not be given.
 * @param callerUid of this process
 * @throws UvsError INVALID_ARGUMENT
 */
export async function demandOwner(owner: string, callerUid: number | undefined): Promise<void> {
  let uid: number;
  try {
    uid = Number((await run('id', ['-u', '--', owner], { timeout: LIMIT_MS })).stdout);
  } catch (cause) {
    throw new UvsError('INVALID_ARGUMENT', `there is no user ${owner} on this machine; nothing was made`, {
      cause,
      hint: 'Name one that exists with --owner; the package of UVS makes the user uvs-coordinator.',
    });
  }
  if (callerUid === 0 || callerUid === uid) return;
  throw new UvsError('INVALID_ARGUMENT', `only root can give files to ${owner}; nothing was made`, { hint: 'Run it as root.' });
}

/** Gives files to a user and its group. @throws UvsError INVALID_ARGUMENT */
export async function giveTo(owner: string, paths: readonly string[]): Promise<void> {
  try {
    await run('chown', ['--', `${owner}:`, ...paths], { timeout: LIMIT_MS });
  } catch (cause) {
    throw new UvsError('INVALID_ARGUMENT', `${paths.join(', ')} can't be given to ${owner}`, {
      cause,
      hint: `Run as root: chown ${owner}: ${paths.join(' ')}`,
    });
  }
}
