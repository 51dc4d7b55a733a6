// Original file: proto/uvs/v1/limit.proto

import type { Limit as _uvs_v1_Limit, Limit__Output as _uvs_v1_Limit__Output } from '../../uvs/v1/Limit.ts';

export interface UnsetLimitsResponse {
  'limit'?: (_uvs_v1_Limit | null);
}

export interface UnsetLimitsResponse__Output {
  'limit': (_uvs_v1_Limit__Output | null);
}
