// Original file: proto/uvs/v1/package.proto

import type { Package as _uvs_v1_Package, Package__Output as _uvs_v1_Package__Output } from '../../uvs/v1/Package.ts';

export interface ListPackagesResponse {
  'packages'?: (_uvs_v1_Package)[];
  'nextPageToken'?: (string);
}

export interface ListPackagesResponse__Output {
  'packages': (_uvs_v1_Package__Output)[];
  'nextPageToken': (string);
}
