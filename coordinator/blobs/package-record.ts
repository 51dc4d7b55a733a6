import type { OpenedPackage } from '../../common/upd/open.ts';
import type { PackageRecord } from '../domain.ts';

/** What the cluster keeps of a package; all of it from the signed manifest. */
export function packageRecord(
  opened: Pick<OpenedPackage, 'manifest' | 'manifestHash'>,
  file: { readonly digest: string; readonly sizeBytes: number; readonly holders: readonly string[]; readonly createdAt: number },
): PackageRecord {
  const { manifest, manifestHash } = opened;
  let plainBytes = 0;
  for (const entry of manifest.files) if (entry.op === 'put' && entry.type === 'file') plainBytes += entry.size;
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
    holders: file.holders,
    createdAt: file.createdAt,
  };
}
