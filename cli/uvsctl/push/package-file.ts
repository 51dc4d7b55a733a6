import { createHash } from 'node:crypto';
import { toUvsError, UvsError } from '../../../common/errors.ts';
import { openFileSource, type FileSource } from '../../../common/upd/file-source.ts';
import { readUnverified } from '../../../common/upd/open.ts';

const pieceBytes = 1024 * 1024;

/** A local package that is being uploaded. Dispose it to close the file. */
export interface PackageFile extends AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
  /** The bytes from an offset to the end, in pieces. @throws UvsError PACKAGE_TRUNCATED where the file became shorter meanwhile */
  read(from: number): AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Opens a package and looks whether it is whole and well formed; whether it is trusted is for the coordinator to say, who has the root.
 * @throws UvsError NOT_FOUND, INVALID_ARGUMENT, PACKAGE_MALFORMED, PACKAGE_TRUNCATED, PACKAGE_FORMAT_TOO_NEW; all name the path
 */
export async function openPackageFile(path: string, signal: AbortSignal): Promise<PackageFile> {
  const source = await openFileSource(path);
  try {
    await readUnverified(source, signal);
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw named(path, error);
  }
  const { sizeBytes } = source;
  return { path, sizeBytes, read: (from) => pieces(source, from, signal), [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
}

/** The sha256 (hex) of a package. */
export async function digestOf(file: PackageFile, onProgress: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of file.read(0)) {
    hash.update(piece);
    bytes += piece.length;
    onProgress(bytes);
  }
  return hash.digest('hex');
}

async function* pieces(source: FileSource, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = from; at < source.sizeBytes; at += pieceBytes) {
    yield await source.read(at, Math.min(pieceBytes, source.sizeBytes - at), signal);
  }
}

/** Names the file in what was said of it by somebody who does not know its name. */
export function named(path: string, thrown: unknown): UvsError {
  const error = toUvsError(thrown);
  if (error.message.includes(path)) return error;
  const { reason, message, hint, details } = error;
  return new UvsError(reason, `${path}: ${message}`, { details, cause: error, hint });
}
