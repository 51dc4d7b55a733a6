// Original file: proto/uvs/v1/common.proto

import type { Long } from '@grpc/proto-loader';

export interface SlotToken {
  'epoch'?: (string);
  'createRevision'?: (number | string | Long);
}

export interface SlotToken__Output {
  'epoch': (string);
  'createRevision': (string);
}
