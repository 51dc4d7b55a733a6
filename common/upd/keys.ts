import { UvsError } from '../errors.ts';
import type { KeyObject } from 'node:crypto';

/** A private Ed25519 key that signs packages or root files. */
export interface SigningKey {
  /** sha256 (hex) of the raw public key. */
  readonly keyId: string;
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

export interface PublicKey {
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

/** Makes a new key. */
export function generateSigningKey(): SigningKey {
  throw new UvsError('INTERNAL', 'not built yet');
}

/** Writes a private key as PKCS#8 PEM. */
export function encodeSigningKey(_key: SigningKey): string {
  throw new UvsError('INTERNAL', 'not built yet');
}

/** Writes a public key as SPKI PEM. */
export function encodePublicKey(_key: PublicKey): string {
  throw new UvsError('INTERNAL', 'not built yet');
}

/** Reads a PKCS#8 PEM. @param where names the file in errors. @throws UvsError INVALID_ARGUMENT */
export function parseSigningKey(_pem: string, _where: string): SigningKey {
  throw new UvsError('INTERNAL', 'not built yet');
}

/** Reads an SPKI PEM. @param where names the file in errors. @throws UvsError INVALID_ARGUMENT */
export function parsePublicKey(_pem: string, _where: string): PublicKey {
  throw new UvsError('INTERNAL', 'not built yet');
}

/** Signs bytes as they stand. */
export function signBytes(_domain: SignatureDomain, _bytes: Uint8Array, _key: SigningKey): Signature {
  throw new UvsError('INTERNAL', 'not built yet');
}

/** Whether a signature over bytes is by that raw public key. */
export function isSignedBy(_domain: SignatureDomain, _bytes: Uint8Array, _signature: Uint8Array, _publicKey: Uint8Array): boolean {
  throw new UvsError('INTERNAL', 'not built yet');
}
