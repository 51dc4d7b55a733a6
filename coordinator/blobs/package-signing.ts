import { identityToRecipient } from 'age-encryption';
import { UvsError } from '../../common/errors.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { readUnverified, type UnverifiedPackage } from '../../common/upd/open.ts';
import { checkContentKey, unwrapContentKey } from '../../common/upd/recipients.ts';
import type { PackageRole, TrustedRoot } from '../../common/upd/root.ts';
import { keysThatSigned } from '../../common/upd/signatures.ts';
import type { Core } from '../core.ts';
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

/** Looks at the bytes of packages. @returns undefined where they are not here */
export function packageSigning(options: {
  readonly core: { readonly packageRoot: Pick<Core['packageRoot'], 'current'> };
  readonly store: Pick<BlobStore, 'sizeOf' | 'pathOf'>;
  readonly trust: Pick<PackageTrust, 'refusal'>;
  readonly identities: readonly string[];
}): (digest: string, signal: AbortSignal) => Promise<PackageSigning | undefined> {
  const { core, store, trust, identities } = options;
  return async (digest, signal) => {
    if (store.sizeOf(digest) === undefined) return undefined;
    await using source = await openFileSource(store.pathOf(digest));
    const opened = await readUnverified(source, signal);
    const root = core.packageRoot.current().trusted;
    return {
      signers: opened.claimedSigners.map(({ keyId }) => ({ keyId, roles: roles.filter((role) => hasSigned(opened, root, role, keyId)) })),
      rootVersion: root.root.version,
      refusal: await trust.refusal(digest, root),
      recipients: await recipientsOf(opened, identities),
    };
  };
}

function hasSigned({ manifestBytes, claimedSigners }: UnverifiedPackage, { root }: TrustedRoot, role: PackageRole, keyId: string): boolean {
  const rules = root[role];
  const own = claimedSigners.filter((signature) => signature.keyId === keyId);
  return rules !== undefined && keysThatSigned('manifest', manifestBytes, own, rules, 'the manifest').length > 0;
}

/** An age file does not name its recipients: each identity is tried. */
async function recipientsOf({ manifest, recipients }: UnverifiedPackage, identities: readonly string[]): Promise<readonly string[]> {
  if (manifest.encryption === undefined) return [];
  const found: string[] = [];
  for (const identity of identities) {
    try {
      checkContentKey(manifest, await unwrapContentKey(recipients, identity));
      found.push(await identityToRecipient(identity));
    } catch (error) {
      if (!(error instanceof UvsError) || error.reason !== 'KEY_WRONG') throw error;
    }
  }
  return found;
}
