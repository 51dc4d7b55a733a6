// Original file: proto/uvs/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Assign {
  'operation'?: (string);
  'packageDigest'?: (string);
  'packageSizeBytes'?: (number | string | Long);
  'manifestHash'?: (string);
}

export interface Assign__Output {
  'operation': (string);
  'packageDigest': (string);
  'packageSizeBytes': (string);
  'manifestHash': (string);
}
