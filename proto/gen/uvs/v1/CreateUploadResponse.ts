// Original file: proto/uvs/v1/package.proto

import type { Package as _uvs_v1_Package, Package__Output as _uvs_v1_Package__Output } from '../../uvs/v1/Package.ts';
import type { Long } from '@grpc/proto-loader';

export interface CreateUploadResponse {
  'uploadUrl'?: (string);
  'receivedBytes'?: (number | string | Long);
  'package'?: (_uvs_v1_Package | null);
}

export interface CreateUploadResponse__Output {
  'uploadUrl': (string);
  'receivedBytes': (string);
  'package': (_uvs_v1_Package__Output | null);
}
