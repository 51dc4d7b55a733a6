// Original file: proto/uvs/v1/node.proto

import type { Long } from '@grpc/proto-loader';

export interface InstalledRelease {
  'component'?: (string);
  'version'?: (string);
  'epoch'?: (number | string | Long);
  'releaseSeq'?: (number | string | Long);
  'manifestHash'?: (string);
}

export interface InstalledRelease__Output {
  'component': (string);
  'version': (string);
  'epoch': (string);
  'releaseSeq': (string);
  'manifestHash': (string);
}
