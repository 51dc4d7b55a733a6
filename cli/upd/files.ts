import { open } from 'node:fs/promises';
import { UvsError } from '../../common/errors.ts';
import { parseIdentities } from '../../common/upd/identities.ts';
import { parsePublicKey, parseSigningKey, type PublicKey, type SigningKey } from '../../common/upd/keys.ts';
import type { Output } from './output.ts';
import { demandPrivate, openSecret } from './secret-file.ts';

/** Nothing that a person names on the command line besides a package is larger. */
const MAX_SMALL_FILE_BYTES = 4 * 1024 * 1024;

/** Reads a small file. @throws UvsError NOT_FOUND, INVALID_ARGUMENT */
export async function readSmallFile(path: string): Promise<Buffer> {
  return (await readWithMode(path)).content;
}

async function readWithMode(path: string): Promise<{ readonly content: Buffer; readonly mode: number }> {
  try {
    await using file = await open(path, 'r');
    const { size, mode } = await file.stat();
    if (size > MAX_SMALL_FILE_BYTES) throw new UvsError('INVALID_ARGUMENT', `${path} has ${size} bytes; it can't be the right file.`);
    return { content: await file.readFile(), mode };
  } catch (error) {
    if (error instanceof UvsError) throw error;
    throw new UvsError('NOT_FOUND', `${path} can't be read: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'Check the path and its permissions.',
      cause: error,
    });
  }
}

/** A private key, and the file that it comes from. */
export interface NamedKey {
  readonly key: SigningKey;
  readonly path: string;
}

/** Reads private keys, each of them once. @throws UvsError NOT_FOUND, INVALID_ARGUMENT (no key, doubled, readable by others), KEY_MISSING, KEY_WRONG */
export async function readSigningKeys(paths: readonly string[], output: Output): Promise<readonly NamedKey[]> {
  const keys: NamedKey[] = [];
  // one after the other: each may ask for a passphrase
  for (const path of paths) {
    const key = parseSigningKey(await readSecret(path, output), path);
    const same = keys.find((one) => one.key.keyId === key.keyId);
    if (same !== undefined) {
      throw new UvsError('INVALID_ARGUMENT', `${path} holds the same key as ${same.path}, ${key.keyId}; one key can't count twice.`, {
        hint: 'Name each key once; another person signs with another one.',
      });
    }
    keys.push({ key, path });
  }
  return keys;
}

/** Tells a secret from what is just the wrong file, which is told by whoever parses it. */
const SECRET = /PRIVATE KEY-----|AGE-SECRET-KEY-|BEGIN AGE ENCRYPTED FILE|^age-encryption\.org/;

async function readSecret(path: string, output: Output): Promise<string> {
  const { content, mode } = await readWithMode(path);
  if (SECRET.test(content.toString('latin1'))) demandPrivate(path, mode);
  return await openSecret(content, path, output);
}

export async function readPublicKey(path: string): Promise<PublicKey> {
  return parsePublicKey((await readSmallFile(path)).toString('utf8'), path);
}

/** Reads an identity file, of which any identity may open a package. @throws UvsError NOT_FOUND, INVALID_ARGUMENT, KEY_MISSING, KEY_WRONG */
export async function readIdentities(path: string, output: Output): Promise<readonly string[]> {
  return parseIdentities(await readSecret(path, output), path);
}
