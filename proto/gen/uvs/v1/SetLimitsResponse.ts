// Original file: proto/uvs/v1/limit.proto

import type { Limit as _uvs_v1_Limit, Limit__Output as _uvs_v1_Limit__Output } from '../../uvs/v1/Limit.ts';

export interface SetLimitsResponse {
  'limit'?: (_uvs_v1_Limit | null);
  'nodes'?: (number);
}

export interface SetLimitsResponse__Output {
  'limit': (_uvs_v1_Limit__Output | null);
  'nodes': (number);
}
