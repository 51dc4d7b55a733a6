// Original file: proto/uvs/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Withdrawals {
  'counter'?: (number | string | Long);
  'fingerprints'?: (string)[];
}

export interface Withdrawals__Output {
  'counter': (string);
  'fingerprints': (string)[];
}
