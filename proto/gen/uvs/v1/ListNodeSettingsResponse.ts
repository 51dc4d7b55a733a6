// Original file: proto/uvs/v1/setting.proto

import type { NodeSettings as _uvs_v1_NodeSettings, NodeSettings__Output as _uvs_v1_NodeSettings__Output } from '../../uvs/v1/NodeSettings.ts';

export interface ListNodeSettingsResponse {
  'nodes'?: (_uvs_v1_NodeSettings)[];
  'nextPageToken'?: (string);
}

export interface ListNodeSettingsResponse__Output {
  'nodes': (_uvs_v1_NodeSettings__Output)[];
  'nextPageToken': (string);
}
