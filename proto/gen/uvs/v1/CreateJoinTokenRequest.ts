// Original file: proto/uvs/v1/access.proto

import type { Long } from '@grpc/proto-loader';

export interface CreateJoinTokenRequest {
  'uses'?: (number);
  'ttlSeconds'?: (number | string | Long);
  'requestId'?: (string);
}

export interface CreateJoinTokenRequest__Output {
  'uses': (number);
  'ttlSeconds': (string);
  'requestId': (string);
}
