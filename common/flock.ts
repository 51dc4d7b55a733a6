import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, existsSync } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeDiskAct } from './disk-act.ts';
import { UvsError } from './errors.ts';
import { isErrno } from './is-errno.ts';

const LOCK_WAIT_MS = 5_000;
const LOCK_POLL_MS = 50;

/**
 * Takes the exclusive lock of an open file or directory, unless somebody else has it. The lock belongs to the open file description: the kernel gives it up
 * with the descriptor, however the process ends. flock(1) takes it, because Node has no flock(2). @throws UvsError PROGRAM_MISSING
 */
export async function flock(fd: number): Promise<boolean> {
  const child = spawn('flock', ['--exclusive', '--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
  try {
    const [code]: unknown[] = await once(child, 'exit');
    return code === 0;
  } catch (cause) {
    throw new UvsError('PROGRAM_MISSING', 'the program flock could not be run', { cause, hint: 'Install util-linux.' });
  }
}

/**
 * Takes the exclusive lock that goes with a file, for whoever reads it and puts another one in its place: a lock of the file itself would go with it. It is
 * on FILE.lock, which only the directory's owner and root can open: what others may read, they may lock. @returns undefined where somebody else has it
 */
export async function lockBeside(path: string): Promise<AsyncDisposable | undefined> {
  const lock = await openLock(`${path}.lock`);
  try {
    if (await flock(lock.fd)) return lock;
  } catch (error) {
    await lock.close();
    throw error;
  }
  await lock.close();
  return undefined;
}

async function openLock(path: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_NOFOLLOW;
  try {
    beforeDiskAct('create', path, () => !existsSync(path));
    const made = await open(path, flags | constants.O_CREAT | constants.O_EXCL, 0o600);
    const { uid, gid } = await stat(dirname(path));
    // only of what was made here: what was there before may be anybody's
    if (process.geteuid?.() === 0) {
      beforeDiskAct('chown', path);
      await made.chown(uid, gid);
    }
    return made;
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    return await open(path, flags);
  }
}

/** The same, waiting for as long as somebody else has it. @throws UvsError BUSY after five seconds */
export async function waitForLockBeside(path: string): Promise<AsyncDisposable> {
  for (let waitedMs = 0; waitedMs < LOCK_WAIT_MS; waitedMs += LOCK_POLL_MS) {
    const lock = await lockBeside(path);
    if (lock !== undefined) return lock;
    await delay(LOCK_POLL_MS);
  }
  throw new UvsError('BUSY', `${path} is being changed by somebody else`, { hint: `See who holds ${path}.lock: fuser(1).` });
}
