import { readdir, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { flock } from '../../common/flock.ts';
import { DiskFile } from '../files/disk-file.ts';
import { isErrno, pathError } from '../files/errno.ts';
import { readTextIfThere } from '../files/reading.ts';

/** The same for every holder, so that the next one's name needs no more room than the last one's. */
const LENGTH = 128;

/**
 * Takes the exclusive lock of a state directory until disposed or until the process is gone, however it goes. The file names the holder. That needs no room
 * on the disk, for recovery begins with it.
 * @throws UvsError BUSY, NO_SPACE where the file is not there yet
 */
export async function takeLock(path: string, purpose: string): Promise<AsyncDisposable> {
  const file = await openLock(path);
  try {
    if (!(await flock(file.fd))) {
      const holder = (await file.readStart(256)).toString('utf8').replaceAll('\0', '').trim();
      throw new UvsError('BUSY', `another agent works on this node: ${holder === '' ? 'its process is unknown' : holder}`, {
        hint: 'Where that is the daemon (uvs-agent run), updates come from the coordinator; to work from the console stop it first, e.g. systemctl stop uvs-agent. Anything else is over in a while.',
        details: { holder },
      });
    }
    await nameHolder(file, `pid ${process.pid} (${purpose})`);
    return { [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openLock(path: string): Promise<DiskFile> {
  try {
    await (await DiskFile.open(path, 'a', 0o600)).close();
    return await DiskFile.open(path, 'r+');
  } catch (error) {
    throw pathError(error, path, 'opening');
  }
}

/** Over the name of the one before. On a full disk an earlier agent may have left a file without room for it: the lock holds without a name. */
async function nameHolder(file: DiskFile, holder: string): Promise<void> {
  try {
    await file.write(Buffer.from(`${holder.padEnd(LENGTH - 1)}\n`), 0);
  } catch (thrown) {
    const error = pathError(thrown, file.path, 'writing');
    if (error.reason !== 'NO_SPACE') throw error;
  }
}

/**
 * Tells whether the process that the file names is there and has it open, without taking the lock: somebody who starts meanwhile would be refused.
 * @returns undefined where that can't be told
 */
export async function isLockHeld(path: string): Promise<boolean | undefined> {
  try {
    const pid = /^pid (\d+) /.exec((await readTextIfThere(path)) ?? '')?.[1];
    return pid === undefined ? undefined : await hasOpen(pid, await realpath(path));
  } catch (error) {
    if (isErrno(error, 'EACCES')) return undefined;
    throw error;
  }
}

async function hasOpen(pid: string, path: string): Promise<boolean> {
  const descriptors = join('/proc', pid, 'fd');
  try {
    for (const name of await readdir(descriptors)) if ((await linkOf(join(descriptors, name))) === path) return true;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  return false;
}

/** Undefined where it was closed meanwhile. */
async function linkOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
