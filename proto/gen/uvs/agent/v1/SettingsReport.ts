// Original file: proto/uvs/agent/v1/agent.proto

import type { SettingStanding as _uvs_v1_SettingStanding, SettingStanding__Output as _uvs_v1_SettingStanding__Output } from '../../../uvs/v1/SettingStanding.ts';
import type { NodeClock as _uvs_v1_NodeClock, NodeClock__Output as _uvs_v1_NodeClock__Output } from '../../../uvs/v1/NodeClock.ts';

export interface SettingsReport {
  'hash'?: (string);
  'settings'?: (_uvs_v1_SettingStanding)[];
  'trouble'?: (string);
  'clock'?: (_uvs_v1_NodeClock | null);
}

export interface SettingsReport__Output {
  'hash': (string);
  'settings': (_uvs_v1_SettingStanding__Output)[];
  'trouble': (string);
  'clock': (_uvs_v1_NodeClock__Output | null);
}
