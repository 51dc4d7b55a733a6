import { UvsError } from '../errors.ts';
import type { Manifest } from './manifest.ts';
import type { PackageRole, TrustedRoot } from './root.ts';
import type { PackageSource } from './source.ts';

export interface PackageTrust {
  /** The newest root this machine knows. */
  readonly root: TrustedRoot;
}

/** Who vouches for a package: each role whose threshold was met, with the keys that counted. */
export interface Signers {
  readonly role: PackageRole;
  readonly keyIds: readonly string[];
}

/** A package whose signatures hold and whose manifest is well formed. Its segments are not read yet. */
export interface OpenedPackage {
  readonly manifest: Manifest;
  /** As signed; persist these bytes, not a re-encoding. */
  readonly manifestBytes: Uint8Array;
  /** sha256 (hex) of `manifestBytes`. */
  readonly manifestHash: string;
  /** As they stand in the file, for verifying again with `verifyManifestSignatures`. */
  readonly signatures: Uint8Array;
  /** Newest root that was verified; keep it once the release is done. */
  readonly root: TrustedRoot;
  /** The age file that holds the content key; empty for an unencrypted package. */
  readonly recipients: Uint8Array;
  /** Where the segment area begins in the file. */
  readonly segmentsOffset: number;
  readonly signers: readonly Signers[];
}

/**
 * Reads and judges a package up to its segments: magic, caps, root chain, signatures, and only then the manifest.
 * @throws UvsError PACKAGE_MALFORMED, PACKAGE_TRUNCATED, PACKAGE_FORMAT_TOO_NEW, ROOT_INVALID, SIGNATURE_MISSING, SIGNATURE_INVALID, KEY_UNKNOWN; whatever the source throws
 */
export async function openPackage(_source: PackageSource, _trust: PackageTrust, _signal: AbortSignal): Promise<OpenedPackage> {
  throw new UvsError('INTERNAL', 'not built yet');
}

/**
 * Verifies stored manifest bytes again, under a root that may be newer than at fetch time.
 * @param product as the parsed manifest names it.
 * @throws UvsError SIGNATURE_MISSING, SIGNATURE_INVALID, KEY_UNKNOWN
 */
export function verifyManifestSignatures(
  _manifestBytes: Uint8Array,
  _signatures: Uint8Array,
  _root: TrustedRoot,
  _product: string,
): readonly Signers[] {
  throw new UvsError('INTERNAL', 'not built yet');
}
