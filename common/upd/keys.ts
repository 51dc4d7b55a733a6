import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { UvsError } from '../errors.ts';

/** A private Ed25519 key that signs packages or root files. */
export interface SigningKey extends PublicKey {
  readonly privateKey: KeyObject;
}

export interface PublicKey {
  /** sha256 (hex) of the raw public key. */
  readonly keyId: string;
  /** Raw, 32 bytes. */
  readonly raw: Uint8Array;
}

/** What a signature is for; it is part of the signed bytes: "uvs/1/DOMAIN\0" + bytes. */
export type SignatureDomain = 'manifest' | 'root';

export interface Signature {
  readonly keyId: string;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** RFC 8410: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING } around the 32 raw bytes. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const RAW_LENGTH = 32;

/** Says how a public key is named: sha256 (hex) of its raw 32 bytes. */
export function keyIdOf(raw: Uint8Array): string {
  return createHash('sha256').update(raw).digest('hex');
}

/** Makes a new key. */
export function generateSigningKey(): SigningKey {
  return signingKeyOf(generateKeyPairSync('ed25519').privateKey);
}

/** Writes a private key as PKCS#8 PEM; keep it in a file of mode 0600. */
export function encodeSigningKey(key: SigningKey): string {
  return key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Writes a public key as SPKI PEM. */
export function encodePublicKey(key: PublicKey): string {
  return publicKeyObject(key.raw).export({ type: 'spki', format: 'pem' }).toString();
}

/** Reads a PKCS#8 PEM. @param where names the file in errors. @throws UvsError INVALID_ARGUMENT */
export function parseSigningKey(pem: string, where: string): SigningKey {
  return signingKeyOf(ed25519Of(pem, where, 'private', () => createPrivateKey(pem)));
}

/** Reads an SPKI PEM. @param where names the file in errors. @throws UvsError INVALID_ARGUMENT */
export function parsePublicKey(pem: string, where: string): PublicKey {
  if (/PRIVATE KEY/.test(pem)) {
    throw new UvsError('INVALID_ARGUMENT', `${where} holds a private key where a public one is expected.`, {
      hint: 'Name the .pub file that "upd keygen" wrote beside it.',
    });
  }
  return publicKeyOf(ed25519Of(pem, where, 'public', () => createPublicKey(pem)));
}

/** Signs bytes as they stand. */
export function signBytes(domain: SignatureDomain, bytes: Uint8Array, key: SigningKey): Signature {
  return { keyId: key.keyId, signature: sign(null, domainSeparated(domain, bytes), key.privateKey) };
}

/** Whether a signature over bytes is by that raw public key. */
export function isSignedBy(domain: SignatureDomain, bytes: Uint8Array, signature: Uint8Array, raw: Uint8Array): boolean {
  return verify(null, domainSeparated(domain, bytes), publicKeyObject(raw), signature);
}

function domainSeparated(domain: SignatureDomain, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`uvs/1/${domain}\0`, 'latin1'), bytes]);
}

function ed25519Of(pem: string, where: string, kind: 'private' | 'public', read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw new UvsError('INVALID_ARGUMENT', `${where} is not a ${kind} key in PEM.`, { cause: error, hint: 'Make one with "upd keygen".' });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new UvsError('INVALID_ARGUMENT', `${where} holds a key of type ${key.asymmetricKeyType}; packages are signed with Ed25519.`, {
      hint: 'Make one with "upd keygen".',
    });
  }
  return key;
}

function signingKeyOf(privateKey: KeyObject): SigningKey {
  return { ...publicKeyOf(createPublicKey(privateKey)), privateKey };
}

function publicKeyOf(key: KeyObject): PublicKey {
  const raw = key.export({ type: 'spki', format: 'der' }).subarray(-RAW_LENGTH);
  return { keyId: keyIdOf(raw), raw };
}

function publicKeyObject(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
}
