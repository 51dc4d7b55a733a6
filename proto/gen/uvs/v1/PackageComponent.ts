// Original file: proto/uvs/v1/package.proto

import type { Long } from '@grpc/proto-loader';

export interface PackageComponent {
  'component'?: (string);
  'epoch'?: (number | string | Long);
  'releaseSeq'?: (number | string | Long);
}

export interface PackageComponent__Output {
  'component': (string);
  'epoch': (string);
  'releaseSeq': (string);
}
