// Original file: proto/uvs/v1/package.proto

import type { Long } from '@grpc/proto-loader';

export interface CreateUploadRequest {
  'digest'?: (string);
  'sizeBytes'?: (number | string | Long);
}

export interface CreateUploadRequest__Output {
  'digest': (string);
  'sizeBytes': (string);
}
