// Original file: proto/uvs/v1/limit.proto

import type { LimitState as _uvs_v1_LimitState, LimitState__Output as _uvs_v1_LimitState__Output } from '../../uvs/v1/LimitState.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface UnitLimits {
  'unit'?: (string);
  'state'?: (_uvs_v1_LimitState);
  'message'?: (string);
  'mended'?: (string)[];
  'mendTime'?: (_google_protobuf_Timestamp | null);
}

export interface UnitLimits__Output {
  'unit': (string);
  'state': (_uvs_v1_LimitState__Output);
  'message': (string);
  'mended': (string)[];
  'mendTime': (_google_protobuf_Timestamp__Output | null);
}
