import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { UvsError } from '../../../common/errors.ts';

/** First bytes of every package (design: the package). */
const magic = Buffer.from('UVSUPD1\n', 'latin1');
const pieceBytes = 1024 * 1024;

/** A local package that is being uploaded. Dispose it to close the file. */
export interface PackageFile extends AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
  /** The bytes from an offset to the end, in pieces. @throws UvsError PACKAGE_TRUNCATED where the file became shorter meanwhile */
  read(from: number): AsyncGenerator<Buffer, void, undefined>;
}

/** Opens a package and looks at its first bytes; whether it is sound is for the coordinator to say, who has the keys. */
export async function openPackageFile(path: string): Promise<PackageFile> {
  const file = await openFile(path);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new UvsError('INVALID_ARGUMENT', `${path} is not a regular file`, { hint: 'Name a .upd file.' });
    const start = Buffer.alloc(magic.length);
    const { bytesRead } = await file.read(start, 0, magic.length, 0);
    if (!start.subarray(0, bytesRead).equals(magic.subarray(0, bytesRead))) {
      throw new UvsError('PACKAGE_MALFORMED', `${path} is not a .upd package`, {
        hint: '`upd build` makes one; RPM and DEB travel inside one.',
      });
    }
    if (bytesRead < magic.length) throw truncated(path, stat.size);
    return { path, sizeBytes: stat.size, read: (from) => pieces(file, path, from, stat.size), [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The sha256 (hex) of a package. */
export async function digestOf(file: PackageFile, signal: AbortSignal, onProgress: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of file.read(0)) {
    signal.throwIfAborted();
    hash.update(piece);
    bytes += piece.length;
    onProgress(bytes);
  }
  return hash.digest('hex');
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') throw new UvsError('NOT_FOUND', `there is no file ${path}`, { cause, hint: 'Check the path.' });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UvsError('INVALID_ARGUMENT', `${path} cannot be read (${why})`, {
      cause,
      hint: 'Check its permissions, or run as a user who may read it.',
    });
  }
}

async function* pieces(file: FileHandle, path: string, from: number, end: number): AsyncGenerator<Buffer, void, undefined> {
  for (let at = from; at < end;) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, end - at));
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    if (bytesRead === 0) throw truncated(path, at);
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

function truncated(path: string, at: number): UvsError {
  return new UvsError('PACKAGE_TRUNCATED', `${path} ends after ${at} bytes; it is not complete`, {
    hint: 'Copy or build the package again.',
  });
}
