import { UvsError } from '../errors.ts';
import type { Manifest } from './manifest.ts';

/**
 * Opens the age file of a package.
 * @param identity "AGE-SECRET-KEY-1…"
 * @returns the content key, 32 bytes; check it against the manifest with `checkContentKey`.
 * @throws UvsError KEY_WRONG where the identity is none of the recipients
 */
export async function unwrapContentKey(_recipients: Uint8Array, _identity: string): Promise<Uint8Array> {
  throw new UvsError('INTERNAL', 'not built yet');
}

/** Wraps a content key for age recipients ("age1…"). @throws UvsError INVALID_ARGUMENT */
export async function wrapContentKey(_contentKey: Uint8Array, _recipients: readonly string[]): Promise<Uint8Array> {
  throw new UvsError('INTERNAL', 'not built yet');
}

/** Compares a key with the manifest's signed commitment. @throws UvsError KEY_WRONG, KEY_MISSING */
export function checkContentKey(_manifest: Manifest, _contentKey: Uint8Array | undefined): void {
  throw new UvsError('INTERNAL', 'not built yet');
}
