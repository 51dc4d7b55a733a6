// Original file: proto/uvs/v1/operation.proto

import type { Operation as _uvs_v1_Operation, Operation__Output as _uvs_v1_Operation__Output } from '../../uvs/v1/Operation.ts';

export interface GetOperationResponse {
  'operation'?: (_uvs_v1_Operation | null);
}

export interface GetOperationResponse__Output {
  'operation': (_uvs_v1_Operation__Output | null);
}
