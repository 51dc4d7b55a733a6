// Original file: proto/uvs/v1/limit.proto

import type { LimitState as _uvs_v1_LimitState, LimitState__Output as _uvs_v1_LimitState__Output } from '../../uvs/v1/LimitState.ts';

export interface UnitLimits {
  'unit'?: (string);
  'state'?: (_uvs_v1_LimitState);
  'message'?: (string);
  'mended'?: (string)[];
}

export interface UnitLimits__Output {
  'unit': (string);
  'state': (_uvs_v1_LimitState__Output);
  'message': (string);
  'mended': (string)[];
}
