import { randomBytes } from 'node:crypto';
import { lstat, link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncDirectory } from '../common/atomic-file.ts';
import { beforeDiskAct } from '../common/disk-act.ts';
import { FREE_SPACE, UvsError } from '../common/errors.ts';
import { isErrno } from '../common/is-errno.ts';

/** A file that a command makes. */
export interface NewFile {
  readonly path: string;
  readonly content: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Of which the umask may take bits away. */
  readonly mode: number;
}

/** Writes a file that is not there yet. @throws UvsError ALREADY_EXISTS, NO_SPACE, NOT_FOUND */
export async function writeNewFile(path: string, content: NewFile['content'], mode: number): Promise<void> {
  await writeNewFiles([{ path, content, mode }]);
}

/**
 * Writes files that are not there yet, all of them or none. Each is whole and synced before it has its name: half a key in the way of the next one would be
 * taken for a key. @throws UvsError ALREADY_EXISTS, NO_SPACE, NOT_FOUND
 */
export async function writeNewFiles(files: readonly NewFile[]): Promise<void> {
  for (const { path } of files) await demandFree(path);
  await using temporaries = new AsyncDisposableStack();
  await using named = new AsyncDisposableStack();
  const written: { readonly path: string; readonly temporary: string }[] = [];
  for (const file of files) {
    const temporary = join(dirname(file.path), `.${basename(file.path)}.${randomBytes(6).toString('hex')}`);
    temporaries.defer(() => rm(temporary, { force: true }));
    await told(file.path, () => writeSynced(temporary, file));
    written.push({ path: file.path, temporary });
  }
  for (const { path, temporary } of written) {
    await told(path, () => nameIt(temporary, path));
    named.defer(() => rm(path, { force: true }));
  }
  for (const directory of new Set(files.map(({ path }) => dirname(path)))) await told(directory, () => syncDirectory(directory));
  named.move(); // they stay
}

/** Gives a file that is whole and synced its name, which must be free, in place of the one that it has. @throws UvsError ALREADY_EXISTS, NO_SPACE, NOT_FOUND */
export async function nameNewFile(temporary: string, path: string): Promise<void> {
  await told(path, () => nameIt(temporary, path));
  await rm(temporary, { force: true });
}

/** Sees that nothing is at a path yet; a disk that is full is no reason to keep silent about a file that is there. @throws UvsError ALREADY_EXISTS */
export async function demandFree(path: string): Promise<void> {
  if (await isTaken(path)) throw alreadyThere(path);
}

export async function isTaken(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

async function writeSynced(path: string, { content, mode }: NewFile): Promise<void> {
  beforeDiskAct('create', path);
  await using file = await open(path, 'wx', mode);
  beforeDiskAct('write', path);
  await file.writeFile(content);
  beforeDiskAct('sync', path);
  await file.sync();
}

/** Never takes the place of a file that somebody else has made meanwhile. */
async function nameIt(temporary: string, path: string): Promise<void> {
  try {
    beforeDiskAct('link', path);
    await link(temporary, path);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
    await nameWithoutLinks(temporary, path);
  }
}

/** On a file system such as a memory stick's, where only a rename names a whole file: whoever makes the lock beside it first has the name. */
async function nameWithoutLinks(temporary: string, path: string): Promise<void> {
  const lock = join(dirname(path), `.${basename(path)}.lock`);
  try {
    beforeDiskAct('create', lock);
    await (await open(lock, 'wx', 0o600)).close();
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    throw new UvsError('ALREADY_EXISTS', `${lock} is there: another command is making ${path}, or was killed at it.`, {
      hint: `If none is running, remove ${lock} and try again.`,
      cause: error,
    });
  }
  try {
    await demandFree(path);
    beforeDiskAct('rename', path);
    await rename(temporary, path);
  } finally {
    await rm(lock, { force: true });
  }
}

/** Names the path in what a disk says no with. */
async function told(path: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof UvsError) throw error;
    if (isErrno(error, 'EEXIST')) throw alreadyThere(path, error);
    if (isErrno(error, 'ENOSPC', 'EDQUOT')) {
      throw new UvsError('NO_SPACE', `${path} can't be written, the disk is full; nothing was made.`, { hint: FREE_SPACE, cause: error });
    }
    throw new UvsError('NOT_FOUND', `${path} can't be written: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'Check the directory and its permissions.',
      cause: error,
    });
  }
}

function alreadyThere(path: string, cause?: unknown): UvsError {
  return new UvsError('ALREADY_EXISTS', `${path} exists and is left as it is.`, { hint: 'Choose another name, or move it away.', cause });
}
