// Original file: proto/uvs/v1/node.proto

import type { Long } from '@grpc/proto-loader';

export interface WayBack {
  'manifestHash'?: (string);
  'version'?: (string);
  'toVersion'?: (string);
  'sizeBytes'?: (number | string | Long);
  'refusal'?: (string);
}

export interface WayBack__Output {
  'manifestHash': (string);
  'version': (string);
  'toVersion': (string);
  'sizeBytes': (string);
  'refusal': (string);
}
