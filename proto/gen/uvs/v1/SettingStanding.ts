// Original file: proto/uvs/v1/setting.proto

import type { SettingState as _uvs_v1_SettingState, SettingState__Output as _uvs_v1_SettingState__Output } from '../../uvs/v1/SettingState.ts';

export interface SettingStanding {
  'name'?: (string);
  'value'?: (string);
  'state'?: (_uvs_v1_SettingState);
  'message'?: (string);
  'mended'?: (string)[];
}

export interface SettingStanding__Output {
  'name': (string);
  'value': (string);
  'state': (_uvs_v1_SettingState__Output);
  'message': (string);
  'mended': (string)[];
}
