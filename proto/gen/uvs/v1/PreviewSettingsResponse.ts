// Original file: proto/uvs/v1/setting.proto

import type { ChangeForNodes as _uvs_v1_ChangeForNodes, ChangeForNodes__Output as _uvs_v1_ChangeForNodes__Output } from '../../uvs/v1/ChangeForNodes.ts';

export interface PreviewSettingsResponse {
  'changes'?: (_uvs_v1_ChangeForNodes)[];
  'unchangedNodes'?: (number);
}

export interface PreviewSettingsResponse__Output {
  'changes': (_uvs_v1_ChangeForNodes__Output)[];
  'unchangedNodes': (number);
}
