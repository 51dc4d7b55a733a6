import { armor, Decrypter, Encrypter } from 'age-encryption';
import { UvsError } from '../../common/errors.ts';
import type { Output } from './output.ts';

const ARMOR = '-----BEGIN AGE ENCRYPTED FILE-----';
const BINARY = 'age-encryption.org/v1\n';

/** Says that others than its owner can read what is secret. @throws UvsError INVALID_ARGUMENT */
export function demandPrivate(path: string, mode: number): void {
  if ((mode & 0o077) === 0) return;
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  throw new UvsError('INVALID_ARGUMENT', `${path} is a secret, and others than its owner can use it (mode ${shown}).`, {
    hint: `Run: chmod 600 ${path}. If others may have read it, take the key out of use.`,
  });
}

/**
 * Opens what `age --passphrase` or `upd keygen --passphrase` has encrypted; other content is returned as it is.
 * @throws UvsError KEY_MISSING without a passphrase, KEY_WRONG with another one
 */
export async function openSecret(content: Uint8Array, path: string, { passphrase }: Output): Promise<string> {
  const text = Buffer.from(content).toString('utf8');
  const isArmored = text.trimStart().startsWith(ARMOR);
  if (!isArmored && !text.startsWith(BINARY)) return text;
  if (passphrase === undefined) {
    throw new UvsError('KEY_MISSING', `${path} is encrypted, and nobody can be asked for its passphrase.`, {
      hint: 'Run it in a terminal, or name a file that holds the passphrase in UPD_PASSPHRASE_FILE.',
    });
  }
  const decrypter = new Decrypter();
  decrypter.addPassphrase(await passphrase(`Passphrase of ${path}: `));
  try {
    return await decrypter.decrypt(isArmored ? armor.decode(text) : content, 'text');
  } catch (cause) {
    throw new UvsError('KEY_WRONG', `${path} can't be opened with this passphrase.`, {
      hint: 'Try again. A key whose passphrase is lost is lost: docs/keys.md says what follows.',
      cause,
    });
  }
}

/** Encrypts a secret with a passphrase in the age format, whose key derivation (scrypt) makes guessing dear. */
export async function sealSecret(secret: string, passphrase: string, scryptWorkFactor?: number): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  if (scryptWorkFactor !== undefined) encrypter.setScryptWorkFactor(scryptWorkFactor);
  return armor.encode(await encrypter.encrypt(secret));
}

/** Asks for a new passphrase, twice. @throws UvsError KEY_MISSING, INVALID_ARGUMENT */
export async function newPassphrase(path: string, { passphrase }: Output): Promise<string> {
  if (passphrase === undefined) {
    throw new UvsError('KEY_MISSING', 'Nobody can be asked for a passphrase.', {
      hint: 'Run it in a terminal, or name a file that holds the passphrase in UPD_PASSPHRASE_FILE.',
    });
  }
  const [first, second] = [await passphrase(`New passphrase for ${path}: `), await passphrase('The same again: ')];
  if (first === '') throw new UvsError('INVALID_ARGUMENT', 'The passphrase is empty.');
  if (first !== second) throw new UvsError('INVALID_ARGUMENT', 'The two passphrases differ; nothing was written.');
  return first;
}
