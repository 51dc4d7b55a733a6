import { open, type FileHandle } from 'node:fs/promises';
import { UvsError } from '../errors.ts';
import type { PackageSource } from './source.ts';

/** The bytes of a package in a local file. Dispose it to close the file. */
export interface FileSource extends PackageSource, AsyncDisposable {
  readonly path: string;
}

/** Opens a local file for random access. @throws UvsError NOT_FOUND, INVALID_ARGUMENT (not a regular file) */
export async function openFileSource(path: string): Promise<FileSource> {
  const file = await openForReading(path);
  try {
    const { size } = await statRegular(file, path);
    return {
      path,
      sizeBytes: size,
      read: (offset, length, signal) => readExactly(file, path, offset, length, signal),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw new UvsError('NOT_FOUND', `${path} can't be opened: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
      hint: 'Check the path and its permissions.',
    });
  }
}

async function statRegular(file: FileHandle, path: string): Promise<{ readonly size: number }> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new UvsError('INVALID_ARGUMENT', `${path} is not a regular file.`, { hint: 'Name a .upd file.' });
  return stat;
}

async function readExactly(file: FileHandle, path: string, offset: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) {
      throw new UvsError('PACKAGE_TRUNCATED', `${path} ends at byte ${offset + done}, but ${length - done} more are needed there.`, {
        hint: 'Copy or download the package again.',
      });
    }
    done += bytesRead;
  }
  return buffer;
}
