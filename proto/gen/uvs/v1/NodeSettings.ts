// Original file: proto/uvs/v1/setting.proto

import type { SettingStanding as _uvs_v1_SettingStanding, SettingStanding__Output as _uvs_v1_SettingStanding__Output } from '../../uvs/v1/SettingStanding.ts';
import type { NodeClock as _uvs_v1_NodeClock, NodeClock__Output as _uvs_v1_NodeClock__Output } from '../../uvs/v1/NodeClock.ts';

export interface NodeSettings {
  'node'?: (string);
  'hostname'?: (string);
  'settings'?: (_uvs_v1_SettingStanding)[];
  'message'?: (string);
  'clock'?: (_uvs_v1_NodeClock | null);
}

export interface NodeSettings__Output {
  'node': (string);
  'hostname': (string);
  'settings': (_uvs_v1_SettingStanding__Output)[];
  'message': (string);
  'clock': (_uvs_v1_NodeClock__Output | null);
}
