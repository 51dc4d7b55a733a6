import type { OpenedPackage } from '../../common/upd/open.ts';
import { describePrivileges } from '../../common/upd/privileges.ts';
import { demandsOf } from '../demands.ts';
import type { PackageRecord } from '../domain.ts';

/** Every list of packages and every plan carries them. */
const MAX_PRIVILEGED_TOLD = 20;

/** What the cluster keeps of a package; all of it from the signed manifest. */
export function packageRecord(
  opened: Pick<OpenedPackage, 'manifest' | 'manifestHash'>,
  file: { readonly digest: string; readonly sizeBytes: number; readonly holders: readonly string[]; readonly createdAt: number },
): PackageRecord {
  const { manifest, manifestHash } = opened;
  let plainBytes = 0;
  for (const entry of manifest.files) if (entry.op === 'put' && entry.type === 'file') plainBytes += entry.size;
  const privileged = describePrivileges(manifest);
  const demands = demandsOf(manifest);
  return {
    digest: file.digest,
    packageId: manifest.id,
    manifestHash,
    product: manifest.product,
    version: manifest.version,
    components: manifest.components,
    isPartial: manifest.kind === 'partial',
    base: manifest.base,
    isEncrypted: manifest.encryption !== undefined,
    sizeBytes: file.sizeBytes,
    plainBytes,
    fileCount: manifest.files.length,
    target: manifest.target,
    services: manifest.services,
    brings: manifest.brings,
    ...(privileged.length === 0 ? {} : { privileged: { first: privileged.slice(0, MAX_PRIVILEGED_TOLD), count: privileged.length } }),
    ...(demands === undefined ? {} : { demands }),
    holders: file.holders,
    createdAt: file.createdAt,
  };
}
