// Original file: proto/uvs/v1/setting.proto

import type { Settings as _uvs_v1_Settings, Settings__Output as _uvs_v1_Settings__Output } from '../../uvs/v1/Settings.ts';

export interface SetSettingsResponse {
  'settings'?: (_uvs_v1_Settings | null);
  'nodes'?: (number);
}

export interface SetSettingsResponse__Output {
  'settings': (_uvs_v1_Settings__Output | null);
  'nodes': (number);
}
