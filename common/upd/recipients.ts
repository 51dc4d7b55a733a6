import { timingSafeEqual } from 'node:crypto';
import { Decrypter, Encrypter } from 'age-encryption';
import { UvsError } from '../errors.ts';
import type { Manifest } from './manifest.ts';
import { CONTENT_KEY_BYTES, commitmentOf } from './segment-cipher.ts';

/**
 * Opens the age file of a package.
 * @param identity "AGE-SECRET-KEY-1…"
 * @returns the content key, 32 bytes; check it against the manifest with `checkContentKey`.
 * @throws UvsError KEY_WRONG where the identity is none of the recipients, INVALID_ARGUMENT where it is no identity
 */
export async function unwrapContentKey(recipients: Uint8Array, identity: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity);
  } catch (error) {
    // The cause may quote the identity, which is a secret.
    throw new UvsError('INVALID_ARGUMENT', `The identity is not an age identity ("AGE-SECRET-KEY-1…").`, {
      hint: 'Make one with "upd keygen --encryption".',
      details: { problem: error instanceof Error ? error.name : 'unknown' },
    });
  }
  let key: Uint8Array;
  try {
    key = await decrypter.decrypt(recipients);
  } catch (error) {
    throw new UvsError('KEY_WRONG', 'The content key of the package is not wrapped for this identity.', {
      hint: 'Use the identity that it was encrypted for, or have it built again with this one as a --recipient.',
      cause: error,
    });
  }
  if (key.length !== CONTENT_KEY_BYTES) {
    throw new UvsError('KEY_WRONG', `The package wraps a key of ${key.length} bytes instead of ${CONTENT_KEY_BYTES}.`);
  }
  return key;
}

/** Wraps a content key for age recipients ("age1…"). @throws UvsError INVALID_ARGUMENT */
export async function wrapContentKey(contentKey: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw new UvsError('INVALID_ARGUMENT', `"${recipient}" is not an age recipient ("age1…").`, {
        hint: 'Make an identity and its recipient with "upd keygen --encryption".',
        cause: error,
      });
    }
  }
  return encrypter.encrypt(contentKey);
}

/** Compares a key with the manifest's signed commitment; an unencrypted package needs none. @throws UvsError KEY_WRONG, KEY_MISSING */
export function checkContentKey(manifest: Manifest, contentKey: Uint8Array | undefined): void {
  if (manifest.encryption === undefined) return;
  if (contentKey === undefined) {
    throw new UvsError('KEY_MISSING', `Package ${manifest.id} is encrypted and its content key is not there.`, {
      hint: 'Give the identity that it was encrypted for.',
    });
  }
  const isRight =
    contentKey.length === CONTENT_KEY_BYTES &&
    timingSafeEqual(Buffer.from(commitmentOf(contentKey), 'hex'), Buffer.from(manifest.encryption.keyCommitment, 'hex'));
  if (isRight) return;
  throw new UvsError('KEY_WRONG', `The content key is not the one that package ${manifest.id} was encrypted with.`, {
    hint: 'The recipients of the package were replaced; get it again from its maker.',
  });
}
