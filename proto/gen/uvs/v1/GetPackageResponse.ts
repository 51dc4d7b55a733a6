// Original file: proto/uvs/v1/package.proto

import type { Package as _uvs_v1_Package, Package__Output as _uvs_v1_Package__Output } from '../../uvs/v1/Package.ts';

export interface GetPackageResponse {
  'package'?: (_uvs_v1_Package | null);
}

export interface GetPackageResponse__Output {
  'package': (_uvs_v1_Package__Output | null);
}
