import { execFile } from 'node:child_process';
import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { UvsError } from '../../common/errors.ts';

const run = promisify(execFile);
const SYNC_DEADLINE_MS = 600_000;

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes everything on the file system that holds `path` durable: data, metadata and names (syncfs(2), which Node lacks and
 * coreutils' `sync -f` has). One call costs a fraction of an fsync of each file.
 */
export async function syncFileSystem(path: string): Promise<void> {
  try {
    await run('sync', ['-f', path], { timeout: SYNC_DEADLINE_MS, killSignal: 'SIGKILL' });
  } catch (cause) {
    throw new UvsError('INTERNAL', `the file system of ${path} could not be synced`, {
      cause,
      hint: 'See the kernel log for errors of the disk.',
    });
  }
}

/** Replaces a file as a whole: written beside it, synced, renamed over it, the directory synced. */
export async function writeFileDurably(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}
