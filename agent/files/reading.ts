import { constants, openSync, readlinkSync } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { isErrno } from './errno.ts';

/** Opens to read and nothing else. @param flags of open(2) beside that, such as O_DIRECTORY */
export function openToReadSync(address: string | Buffer, flags: number): number {
  return openSync(address, readOnly(flags));
}

/** The same without keeping the event loop waiting. */
export function openToRead(address: string, flags = 0): Promise<FileHandle> {
  return open(address, readOnly(flags));
}

/** Text of a file; undefined where there is none. */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Where a symlink leads; undefined where there is none that can be read. */
export function readLinkIfThere(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Drops all that could change anything: such acts belong to disk.ts, which tells of them. */
function readOnly(flags: number): number {
  return flags & ~(constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND);
}
