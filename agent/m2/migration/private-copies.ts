import { closeSync, constants, fstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { toUvsError } from '../../../common/errors.ts';
import type { M2Standing } from '../../../common/m2-states.ts';
import { fchmodSync, fchownSync, mkdirs } from '../../files/disk.ts';
import { openToReadSync } from '../../files/reading.ts';
import { lstatOf } from './programs.ts';

const PRIVATE = 0o700;

/**
 * Lets nobody but root pass to the copies by their own paths: what keeps others from an original may be a directory above it, and above its copy there is
 * this one alone. What is mounted from below it is reached all the same.
 */
export async function keepPrivate(mountPoint: string): Promise<void> {
  const copies = join(mountPoint, 'uvs');
  await mkdirs(copies, PRIVATE);
  const fd = openToReadSync(copies, constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const { mode, uid, gid } = fstatSync(fd);
    if (uid !== 0 || gid !== 0) fchownSync(fd, 0, 0);
    if ((mode & 0o7777) !== PRIVATE) fchmodSync(fd, PRIVATE);
  } finally {
    closeSync(fd);
  }
}

/** At the agent's start: the same for copies that earlier agents have made, on an SSD that answers. What fails is told, and keeps no agent from starting. */
export async function keepEarlierPrivate(mountPoint: string, { state }: M2Standing, log: Pick<Logger, 'warn'>): Promise<void> {
  try {
    if (state !== 'mounted' && state !== 'misaligned') return;
    if ((await lstatOf(join(mountPoint, 'uvs'))) !== undefined) await keepPrivate(mountPoint);
  } catch (error) {
    const err = toUvsError(error);
    log.warn({ err, hint: err.hint }, 'the copies on the SSD can be reached by others than root');
  }
}
