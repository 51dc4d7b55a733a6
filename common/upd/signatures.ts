import * as v from 'valibot';
import { UvsError } from '../errors.ts';
import { isSignedBy, type PublicKey, type Signature, type SignatureDomain } from './keys.ts';
import { base64Bytes, parseShape, sha256Hex } from './shape.ts';
import { parseStrictJson, type StrictJson } from './strict-json.ts';

/** A set of keys of which some number must sign. */
export interface Role {
  readonly keys: readonly PublicKey[];
  /** How many distinct keys must sign. */
  readonly threshold: number;
}

/** More would be a way to make a node verify for ever. */
const MAX_SIGNATURES = 64;

/** A list of signatures, no key twice. */
export const signatureList = v.pipe(
  v.array(v.strictObject({ keyId: sha256Hex, signature: base64Bytes(64) })),
  v.maxLength(MAX_SIGNATURES),
  v.check((list) => new Set(list.map(({ keyId }) => keyId)).size === list.length, 'a key stands twice in the list'),
) satisfies v.GenericSchema<unknown, readonly Signature[]>;

/** Reads a list of signatures. @throws UvsError PACKAGE_MALFORMED, also where a key stands twice */
export function parseSignatures(bytes: Uint8Array): readonly Signature[] {
  const json = parseStrictJson(bytes, 'the list of signatures');
  return parseShape(signatureList, json, 'The list of signatures', 'PACKAGE_MALFORMED');
}

/** Writes a list of signatures, in the order of key ids. */
export function encodeSignatures(signatures: readonly Signature[]): StrictJson {
  return signatures
    .toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1))
    .map(({ keyId, signature }) => ({ keyId, signature: Buffer.from(signature).toString('base64') }));
}

/**
 * Returns which of a role's keys signed. Signatures by keys outside the role are left alone: they may belong to another role or another root.
 * @throws UvsError SIGNATURE_INVALID where one of the role's own keys is named and its signature does not hold
 */
export function keysThatSigned(
  domain: SignatureDomain,
  bytes: Uint8Array,
  signatures: readonly Signature[],
  role: Role,
  what: string,
): readonly string[] {
  const signed: string[] = [];
  for (const { keyId, signature } of signatures) {
    const key = role.keys.find((candidate) => candidate.keyId === keyId);
    if (key === undefined) continue;
    if (!isSignedBy(domain, bytes, signature, key.raw)) {
      throw new UvsError('SIGNATURE_INVALID', `The signature of ${what} by key ${keyId} does not hold.`, {
        hint: `${what.charAt(0).toUpperCase()}${what.slice(1)} was altered or damaged; get it again from its maker.`,
        details: { keyId },
      });
    }
    signed.push(keyId);
  }
  return signed;
}
