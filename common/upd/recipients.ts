import { timingSafeEqual } from 'node:crypto';
import { UvsError } from '../errors.ts';
import type { Manifest } from './manifest.ts';
import { CONTENT_KEY_BYTES, commitmentOf } from './segment-cipher.ts';

/**
 * Whom one package may be wrapped for. Each costs whoever opens it half a millisecond without a break (measured), and the part is not signed:
 * with as many as fit into its cap a coordinator stood still for six seconds.
 */
const MAX_RECIPIENTS = 256;

/**
 * Opens the age file of a package.
 * @param identities "AGE-SECRET-KEY-1…" each; any of them may be a recipient
 * @returns the content key, 32 bytes; check it against the manifest with `checkContentKey`.
 * @throws UvsError KEY_WRONG where none of the identities is a recipient, INVALID_ARGUMENT where one is no identity, PACKAGE_MALFORMED where
 *   there are more recipients than a package may have
 */
export async function unwrapContentKey(recipients: Uint8Array, ...identities: readonly string[]): Promise<Uint8Array> {
  const { Decrypter } = await age();
  const decrypter = new Decrypter();
  try {
    for (const identity of identities) decrypter.addIdentity(identity);
  } catch (error) {
    // The cause may quote the identity, which is a secret.
    throw new UvsError('INVALID_ARGUMENT', `The identity is not an age identity ("AGE-SECRET-KEY-1…").`, {
      hint: 'Make one with "upd keygen --encryption".',
      details: { problem: error instanceof Error ? error.name : 'unknown' },
    });
  }
  demandFewRecipients(recipients);
  let key: Uint8Array;
  try {
    key = await readAll(await decrypter.decrypt(streamOf(recipients)));
  } catch (error) {
    throw new UvsError('KEY_WRONG', 'The content key of the package is not wrapped for this identity.', {
      hint: 'Use the identity that it was encrypted for, or have whoever holds that wrap it for this one: "upd export".',
      cause: error,
    });
  }
  if (key.length !== CONTENT_KEY_BYTES) {
    throw new UvsError('KEY_WRONG', `The package wraps a key of ${key.length} bytes instead of ${CONTENT_KEY_BYTES}.`);
  }
  return key;
}

/** Loaded when it is needed: a node whose coordinator opens packages for it can do without its megabytes. */
function age(): Promise<typeof import('age-encryption')> {
  return import('age-encryption');
}

/** Given bytes, the library would read its own stream by a Response, and Node load all of fetch for that. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Counts the stanzas of an age file, each of which begins a line with "-> ". */
function demandFewRecipients(recipients: Uint8Array): void {
  const header = Buffer.from(recipients.buffer, recipients.byteOffset, recipients.byteLength);
  let count = 0;
  for (let at = header.indexOf(STANZA); at !== -1; at = header.indexOf(STANZA, at + STANZA.length)) {
    count += 1;
    if (count > MAX_RECIPIENTS) throw new UvsError('PACKAGE_MALFORMED', `The package has more than ${MAX_RECIPIENTS} recipients.`);
  }
}

const STANZA = '\n-> ';

/** Wraps a content key for age recipients ("age1…"). @throws UvsError INVALID_ARGUMENT */
export async function wrapContentKey(contentKey: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> {
  if (recipients.length > MAX_RECIPIENTS) {
    throw new UvsError(
      'INVALID_ARGUMENT',
      `A package is encrypted for at most ${MAX_RECIPIENTS} recipients, not for ${recipients.length}.`,
    );
  }
  const { Encrypter } = await age();
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw new UvsError('INVALID_ARGUMENT', `"${recipient}" is not an age recipient ("age1…").`, {
        hint: 'The recipient of a cluster is what "uvsctl status" shows; one of your own "upd keygen --encryption" makes.',
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
