import { createHash } from 'node:crypto';
import { UvsError } from '../errors.ts';
import { PartReader, readParts } from './container.ts';
import type { Signature } from './keys.ts';
import { parseManifest } from './manifest-parse.ts';
import type { Manifest } from './manifest.ts';
import { demandDeclaredPrivileges } from './privileges.ts';
import { demandOwnComponents, demandOwnVersions, type NamedPackage } from './product-roles.ts';
import { verifyRootChain, type PackageRole, type PackageRoleRules, type TrustedRoot } from './root.ts';
import { keysThatSigned, parseSignatures } from './signatures.ts';
import type { PackageSource } from './source.ts';

export interface PackageTrust {
  /** The newest root this machine knows. */
  readonly root: TrustedRoot;
}

/** Who vouches for a package: a role whose threshold was met, with the keys that counted. */
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
  /** The chain as it stands in the file; empty where there is none. */
  readonly rootChain: Uint8Array;
  /** The age file that holds the content key; empty for an unencrypted package. */
  readonly recipients: Uint8Array;
  /** Where the segment area begins in the file. */
  readonly segmentsOffset: number;
  readonly signers: readonly Signers[];
}

/**
 * Reads and judges a package up to its segments: magic, caps, root chain, signatures, and only then the manifest.
 * @throws UvsError PACKAGE_MALFORMED, PACKAGE_TRUNCATED, PACKAGE_FORMAT_TOO_NEW, ROOT_INVALID, SIGNATURE_MISSING, SIGNATURE_INVALID,
 * KEY_UNKNOWN, TARGET_MISMATCH; whatever the source throws
 */
export async function openPackage(source: PackageSource, trust: PackageTrust, signal: AbortSignal): Promise<OpenedPackage> {
  return await advised(DAMAGED_OR_BADLY_MADE, () => readAndJudge(source, trust, signal));
}

async function readAndJudge(source: PackageSource, trust: PackageTrust, signal: AbortSignal): Promise<OpenedPackage> {
  const reader = new PartReader(source, signal);
  await reader.magic();
  const signatures = await reader.part('signatures');
  const rootChain = await reader.part('rootChain');
  const root = verifyRootChain(trust.root, rootChain);
  // A stranger's package is refused here, after a few kilobytes; whether the signatures hold shows once the manifest is there.
  rolesNamed(signatures, root);
  const recipients = await reader.part('recipients');
  const manifestBytes = await reader.part('manifest');
  const segmentsOffset = reader.offset;

  const vouching = rolesThatVouch(manifestBytes, signatures, root);
  const manifest = await advised(BADLY_MADE, () => {
    const parsed = parseManifest(manifestBytes);
    demandDeclaredPrivileges(parsed);
    return parsed;
  });
  const signers = rolesForPackage(vouching, root, manifest);
  demandOwnVersions(
    manifest,
    root.root,
    signers.map(({ role }) => role),
  );
  checkRecipients(manifest, recipients);
  checkEnd(source, manifest, segmentsOffset);
  const manifestHash = hashManifest(manifestBytes);
  return { manifest, manifestBytes, manifestHash, signatures, root, rootChain, recipients, segmentsOffset, signers };
}

const DAMAGED_OR_BADLY_MADE =
  'It was damaged on its way, or badly made: get it again, and compare its sha256 with the Digest that "upd build" told its maker. "upd verify" says whether a copy is whole.';
/** What is signed is not damaged. */
const BADLY_MADE =
  'Its signatures hold, so it is as its maker signed it, and getting it again does not help: have it built anew, or update this program if a newer "upd" has made it.';

/** Says what to do about a malformed package where whoever found that did not. */
async function advised<T>(hint: string, read: () => Promise<T> | T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UvsError) || error.reason !== 'PACKAGE_MALFORMED' || error.hint !== undefined) throw error;
    throw new UvsError(error.reason, error.message, { hint, details: error.details, cause: error });
  }
}

/** A package as it says of itself; nothing about it is proven. */
export type UnverifiedPackage = Omit<OpenedPackage, 'root' | 'signers'> & { readonly claimedSigners: readonly Signature[] };

/** Reads a package's header without trusting it, for people to look at. @throws UvsError as openPackage, but for trust */
export async function readUnverified(source: PackageSource, signal: AbortSignal): Promise<UnverifiedPackage> {
  return await advised(DAMAGED_OR_BADLY_MADE, async () => {
    const parts = await readParts(source, signal);
    const manifest = parseManifest(parts.manifest);
    checkRecipients(manifest, parts.recipients);
    checkEnd(source, manifest, parts.segmentsOffset);
    return {
      manifest,
      manifestBytes: parts.manifest,
      manifestHash: hashManifest(parts.manifest),
      signatures: parts.signatures,
      rootChain: parts.rootChain,
      recipients: parts.recipients,
      segmentsOffset: parts.segmentsOffset,
      claimedSigners: parseSignatures(parts.signatures),
    };
  });
}

/** The hash by which a release is known: sha256 (hex) of its manifest's bytes. */
export function hashManifest(manifestBytes: Uint8Array): string {
  return createHash('sha256').update(manifestBytes).digest('hex');
}

/**
 * Verifies stored manifest bytes again, under a root that may be newer than at fetch time.
 * @param named as the parsed manifest says.
 * @throws UvsError SIGNATURE_MISSING, SIGNATURE_INVALID, KEY_UNKNOWN, TARGET_MISMATCH
 */
export function verifyManifestSignatures(
  manifestBytes: Uint8Array,
  signatures: Uint8Array,
  root: TrustedRoot,
  named: NamedPackage,
): readonly Signers[] {
  return rolesForPackage(rolesThatVouch(manifestBytes, signatures, root), root, named);
}

/** Roles whose threshold the listed keys would meet, if all signatures held. */
function rolesNamed(signatures: Uint8Array, root: TrustedRoot): readonly Signers[] {
  return rolesOf(signatures, root, (list, { keys }) =>
    list.map(({ keyId }) => keyId).filter((keyId) => keys.some((key) => key.keyId === keyId)),
  );
}

function rolesThatVouch(manifestBytes: Uint8Array, signatures: Uint8Array, root: TrustedRoot): readonly Signers[] {
  return rolesOf(signatures, root, (list, rules) => keysThatSigned('manifest', manifestBytes, list, rules, 'the manifest'));
}

function rolesOf(
  signatureBytes: Uint8Array,
  root: TrustedRoot,
  countedKeys: (signatures: readonly Signature[], rules: PackageRoleRules) => readonly string[],
): readonly Signers[] {
  const signatures = signatureBytes.length === 0 ? [] : parseSignatures(signatureBytes);
  if (signatures.length === 0) throw missing('The package is not signed.');
  const counts: (Signers & { readonly threshold: number })[] = [];
  for (const role of ['vendor', 'site'] as const) {
    const rules = root.root[role];
    if (rules !== undefined) counts.push({ role, threshold: rules.threshold, keyIds: countedKeys(signatures, rules) });
  }
  const vouching = counts.filter(({ threshold, keyIds }) => keyIds.length >= threshold);
  if (vouching.length > 0) return vouching.map(({ role, keyIds }) => ({ role, keyIds }));

  const strangers = signatures.map(({ keyId }) => keyId).filter((keyId) => counts.every(({ keyIds }) => !keyIds.includes(keyId)));
  if (counts.every(({ keyIds }) => keyIds.length === 0)) {
    throw new UvsError(
      'KEY_UNKNOWN',
      `The package is signed by ${strangers.join(', ')}, which root file version ${root.root.version} does not know.`,
      {
        hint: 'Nobody who is trusted here has signed it: ask who did before you do anything with it. If the key was revoked, sign it with a key of the newest root file. If the key is newer than this root file, bring the newer root file first. To a node whose root file was to begin anew: uvs-agent trust.',
        details: { keyId: strangers[0] ?? '' },
      },
    );
  }
  const needed = counts.map(({ role, threshold, keyIds }) => `${keyIds.length} of ${threshold} ${role} keys`).join(' and ');
  const others =
    strangers.length === 0
      ? ''
      : ` Of its other signatures root file version ${root.root.version} does not know the keys: ${strangers.join(', ')}.`;
  throw missing(`The package is not signed by enough keys: ${needed}.${others}`);
}

function rolesForPackage(vouching: readonly Signers[], root: TrustedRoot, named: NamedPackage): readonly Signers[] {
  const { product } = named;
  const allowed = vouching.filter(({ role }) => root.root[role]?.products.includes(product) === true);
  if (allowed.length > 0) {
    demandOwnComponents(
      named,
      root.root,
      allowed.map(({ role }) => role),
    );
    return allowed;
  }
  const roles = vouching.map(({ role }) => role).join(' and ');
  throw new UvsError('TARGET_MISMATCH', `The package is of product "${product}", which the root file does not let ${roles} keys sign.`, {
    hint: 'Use a package of a product that this cluster takes.',
    details: { product },
  });
}

function checkRecipients(manifest: Manifest, recipients: Uint8Array): void {
  if ((manifest.encryption !== undefined) === recipients.length > 0) return;
  throw new UvsError(
    'PACKAGE_MALFORMED',
    manifest.encryption === undefined
      ? 'The package is not encrypted and yet has recipients.'
      : 'The package is encrypted and has no recipients.',
  );
}

function checkEnd(source: PackageSource, manifest: Manifest, segmentsOffset: number): void {
  const last = manifest.segments.at(-1);
  const end = segmentsOffset + (last === undefined ? 0 : last.offset + last.length);
  if (source.sizeBytes < end) {
    throw new UvsError('PACKAGE_TRUNCATED', `The package has ${source.sizeBytes} bytes of ${end}.`, {
      hint: 'Copy or download the package again.',
    });
  }
  if (source.sizeBytes > end) {
    throw new UvsError('PACKAGE_MALFORMED', `The package has ${source.sizeBytes - end} bytes after its last segment.`);
  }
}

function missing(message: string): UvsError {
  return new UvsError('SIGNATURE_MISSING', message, {
    hint: 'Have it signed by more keys that the root file names: "upd sign PACKAGE --key KEY". If a key was revoked, its signatures count no more. If the root file has begun anew, nodes have to be given it: uvs-agent trust.',
  });
}
