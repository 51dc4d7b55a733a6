import { identityToRecipient } from 'age-encryption';
import { UvsError } from '../../common/errors.ts';
import { readParts } from '../../common/upd/container.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { isSignedBy, type Signature } from '../../common/upd/keys.ts';
import { unwrapContentKey } from '../../common/upd/recipients.ts';
import type { PackageRole, TrustedRoot } from '../../common/upd/root.ts';
import { parseSignatures } from '../../common/upd/signatures.ts';
import type { Core } from '../core.ts';
import type { PackageRecord } from '../domain.ts';
import type { PackageTrust } from './package-trust.ts';
import type { BlobStore } from './store.ts';

/** Who signed a package, by the newest root file, and which of this cluster's identities open it. */
export interface PackageSigning {
  readonly signers: readonly { readonly keyId: string; readonly roles: readonly PackageRole[] }[];
  readonly rootVersion: number;
  /** Why the root file does not take it; undefined where it does. */
  readonly refusal: UvsError | undefined;
  readonly recipients: readonly string[];
}

const roles = ['vendor', 'site'] as const;

/** Looks at the bytes of packages, but does not parse their manifests again, which may tell of very many files. @returns undefined where they are not here */
export function packageSigning(options: {
  readonly core: { readonly packageRoot: Pick<Core['packageRoot'], 'current'> };
  readonly store: Pick<BlobStore, 'sizeOf' | 'pathOf'>;
  readonly trust: Pick<PackageTrust, 'refusal'>;
  readonly identities: readonly string[];
}): (record: PackageRecord, signal: AbortSignal) => Promise<PackageSigning | undefined> {
  const { core, store, trust, identities } = options;
  return async (record, signal) => {
    if (store.sizeOf(record.digest) === undefined) return undefined;
    await using source = await openFileSource(store.pathOf(record.digest));
    const { manifest, signatures, recipients } = await readParts(source, signal);
    const root = core.packageRoot.current().trusted;
    return {
      signers: parseSignatures(signatures).map((signature) => ({
        keyId: signature.keyId,
        roles: roles.filter((role) => hasSigned(manifest, root, role, signature)),
      })),
      rootVersion: root.root.version,
      refusal: await trust.refusal(record, root),
      recipients: record.isEncrypted ? await recipientsOf(recipients, identities) : [],
    };
  };
}

/** One that names a key of the role and does not hold is nobody's; `refusal` tells of it. */
function hasSigned(manifest: Uint8Array, { root }: TrustedRoot, role: PackageRole, { keyId, signature }: Signature): boolean {
  const key = root[role]?.keys.find((candidate) => candidate.keyId === keyId);
  return key !== undefined && isSignedBy('manifest', manifest, signature, key.raw);
}

/** An age file does not name its recipients: each identity is tried. What it holds is one key for all, which was compared with the manifest at the upload. */
async function recipientsOf(recipients: Uint8Array, identities: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const identity of identities) {
    try {
      await unwrapContentKey(recipients, identity);
      found.push(await identityToRecipient(identity));
    } catch (error) {
      if (!(error instanceof UvsError) || error.reason !== 'KEY_WRONG') throw error;
    }
  }
  return found;
}
