import { basename, dirname, join } from 'node:path';
import { FREE_SPACE, UvsError } from '../../common/errors.ts';
import { DiskFile } from './disk-file.ts';
import { rename, syncDirectory, syncFileSystemOf } from './disk.ts';
import { isErrno, pathError } from './errno.ts';

const SYNC_DEADLINE_MS = 600_000;
/** How coreutils say ENOSPC and EDQUOT. */
const FULL = /No space left on device|Disk quota exceeded/u;

/**
 * Makes everything on the file system that holds `path` durable: data, metadata and names. One call costs a fraction of an fsync of each file.
 */
export async function syncFileSystem(path: string): Promise<void> {
  try {
    await syncFileSystemOf(path, SYNC_DEADLINE_MS);
  } catch (cause) {
    if (isErrno(cause, 'ENOSPC', 'EDQUOT') || (cause instanceof Error && FULL.test(cause.message))) {
      throw new UvsError('NO_SPACE', `the disk was full while ${path} was synced`, { cause, hint: FREE_SPACE });
    }
    throw new UvsError('INTERNAL', `the file system of ${path} could not be synced`, {
      cause,
      hint: 'See the kernel log for errors of the disk.',
    });
  }
}

/** Replaces a file as a whole: written beside it, synced, renamed over it, the directory synced. */
export async function writeFileDurably(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await replaceFile(path, content);
  } catch (error) {
    // a full disk names no file
    throw isErrno(error, 'ENOSPC', 'EDQUOT') ? pathError(error, path, 'writing') : error;
  }
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  {
    await using file = await DiskFile.open(temporary, 'w', 0o600);
    await file.write(Buffer.from(content));
    await file.sync();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}
