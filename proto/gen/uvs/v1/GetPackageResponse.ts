// Original file: proto/uvs/v1/package.proto

import type { Package as _uvs_v1_Package, Package__Output as _uvs_v1_Package__Output } from '../../uvs/v1/Package.ts';
import type { PackageSigning as _uvs_v1_PackageSigning, PackageSigning__Output as _uvs_v1_PackageSigning__Output } from '../../uvs/v1/PackageSigning.ts';

export interface GetPackageResponse {
  'package'?: (_uvs_v1_Package | null);
  'signing'?: (_uvs_v1_PackageSigning | null);
}

export interface GetPackageResponse__Output {
  'package': (_uvs_v1_Package__Output | null);
  'signing': (_uvs_v1_PackageSigning__Output | null);
}
