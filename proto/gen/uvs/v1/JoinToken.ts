// Original file: proto/uvs/v1/access.proto

import type { Long } from '@grpc/proto-loader';

export interface JoinToken {
  'name'?: (string);
  'usesLeft'?: (number);
  'ttlSeconds'?: (number | string | Long);
}

export interface JoinToken__Output {
  'name': (string);
  'usesLeft': (number);
  'ttlSeconds': (string);
}
