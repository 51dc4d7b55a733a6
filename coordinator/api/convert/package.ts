import { UvsError } from '../../../common/errors.ts';
import { toTimestamp } from '../../../common/rpc/proto-time.ts';
import type { Package } from '../../../proto/gen/uvs/v1/Package.ts';
import type { PackageSigning as SigningMessage } from '../../../proto/gen/uvs/v1/PackageSigning.ts';
import type { PackageSigning } from '../../blobs/package-signing.ts';
import type { PackageRecord } from '../../domain.ts';

export function packageMessage(record: PackageRecord): Package {
  return {
    name: `packages/${record.digest}`,
    digest: record.digest,
    product: record.product,
    version: record.version,
    packageId: record.packageId,
    manifestHash: record.manifestHash,
    sizeBytes: String(record.sizeBytes),
    plainBytes: String(record.plainBytes),
    files: record.fileCount,
    partial: record.isPartial,
    encrypted: record.isEncrypted,
    components: Object.entries(record.components).map(([component, order]) => ({
      component,
      epoch: String(order.epoch),
      releaseSeq: String(order.releaseSeq),
    })),
    target: {
      distroId: record.target.distro,
      distroVersions: [...record.target.distroVersions],
      archs: [...record.target.archs],
      boards: [...record.target.boards],
      roles: [...record.target.roles],
    },
    holders: [...record.holders],
    createTime: toTimestamp(record.createdAt),
    services: [...record.services],
    brings: { ...record.brings },
    privileged: [...(record.privileged?.first ?? [])],
    privilegedCount: record.privileged?.count ?? 0,
  };
}

export function signingMessage(signing: PackageSigning | undefined): SigningMessage | null {
  if (signing === undefined) return null;
  const { signers, rootVersion, refusal, recipients } = signing;
  return {
    signers: signers.map(({ keyId, roles }) => ({ keyId, roles: [...roles] })),
    rootVersion,
    refusal: refusal?.reason ?? '',
    recipients: [...recipients],
  };
}

/** Whether the newest root file takes a package. */
export function standingMessage(standing: UvsError | 'trusted' | 'unknown'): Pick<Package, 'trust' | 'refusal'> {
  if (standing instanceof UvsError) return { trust: 'PACKAGE_TRUST_REFUSED', refusal: standing.reason };
  return { trust: standing === 'trusted' ? 'PACKAGE_TRUST_TRUSTED' : 'PACKAGE_TRUST_UNSPECIFIED', refusal: '' };
}
