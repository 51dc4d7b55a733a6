import { open } from 'node:fs/promises';
import { UvsError } from '../../common/errors.ts';
import { parsePublicKey, parseSigningKey, type PublicKey, type SigningKey } from '../../common/upd/keys.ts';
import { parseRoot, type TrustedRoot } from '../../common/upd/root.ts';

/** Nothing that a person names on the command line besides a package is larger. */
const MAX_SMALL_FILE_BYTES = 4 * 1024 * 1024;

/** Reads a small file. @throws UvsError NOT_FOUND, INVALID_ARGUMENT */
export async function readSmallFile(path: string): Promise<Buffer> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > MAX_SMALL_FILE_BYTES) throw new UvsError('INVALID_ARGUMENT', `${path} has ${size} bytes; it can't be the right file.`);
    return await file.readFile();
  } catch (error) {
    if (error instanceof UvsError) throw error;
    throw new UvsError('NOT_FOUND', `${path} can't be read: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'Check the path and its permissions.',
      cause: error,
    });
  }
}

/** Writes a file that is not there yet, and syncs it. @throws UvsError ALREADY_EXISTS, NOT_FOUND */
export async function writeNewFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  try {
    await using file = await open(path, 'wx', mode);
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new UvsError(
      isThere ? 'ALREADY_EXISTS' : 'NOT_FOUND',
      isThere
        ? `${path} exists and is left as it is.`
        : `${path} can't be written: ${error instanceof Error ? error.message : String(error)}`,
      { hint: isThere ? 'Choose another name, or move it away.' : 'Check the directory and its permissions.', cause: error },
    );
  }
}

export async function readSigningKey(path: string): Promise<SigningKey> {
  return parseSigningKey((await readSmallFile(path)).toString('utf8'), path);
}

export async function readPublicKey(path: string): Promise<PublicKey> {
  return parsePublicKey((await readSmallFile(path)).toString('utf8'), path);
}

export async function readRoot(path: string): Promise<TrustedRoot> {
  return parseRoot(await readSmallFile(path));
}

/** Reads an identity file as age-keygen writes it: lines, of which those that begin with "#" are comments. @throws UvsError */
export async function readIdentity(path: string): Promise<string> {
  const lines = (await readSmallFile(path))
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim());
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const [identity] = identities;
  if (identity === undefined || identities.length > 1) {
    throw new UvsError('INVALID_ARGUMENT', `${path} holds ${identities.length} identities; one is expected.`, {
      hint: 'Make one with "upd keygen --encryption".',
    });
  }
  return identity;
}
