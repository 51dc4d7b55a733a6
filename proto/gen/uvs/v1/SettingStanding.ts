// Original file: proto/uvs/v1/setting.proto

import type { SettingState as _uvs_v1_SettingState, SettingState__Output as _uvs_v1_SettingState__Output } from '../../uvs/v1/SettingState.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface SettingStanding {
  'name'?: (string);
  'value'?: (string);
  'state'?: (_uvs_v1_SettingState);
  'message'?: (string);
  'mended'?: (string)[];
  'mendTime'?: (_google_protobuf_Timestamp | null);
}

export interface SettingStanding__Output {
  'name': (string);
  'value': (string);
  'state': (_uvs_v1_SettingState__Output);
  'message': (string);
  'mended': (string)[];
  'mendTime': (_google_protobuf_Timestamp__Output | null);
}
