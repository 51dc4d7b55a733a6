// Original file: proto/uvs/v1/operation.proto

import type { Operation as _uvs_v1_Operation, Operation__Output as _uvs_v1_Operation__Output } from '../../uvs/v1/Operation.ts';

export interface ListOperationsResponse {
  'operations'?: (_uvs_v1_Operation)[];
  'nextPageToken'?: (string);
}

export interface ListOperationsResponse__Output {
  'operations': (_uvs_v1_Operation__Output)[];
  'nextPageToken': (string);
}
