// Original file: proto/uvs/v1/limit.proto

import type { Limit as _uvs_v1_Limit, Limit__Output as _uvs_v1_Limit__Output } from '../../uvs/v1/Limit.ts';

export interface ListLimitsResponse {
  'limits'?: (_uvs_v1_Limit)[];
}

export interface ListLimitsResponse__Output {
  'limits': (_uvs_v1_Limit__Output)[];
}
