// Original file: proto/uvs/v1/setting.proto

import type { Selector as _uvs_v1_Selector, Selector__Output as _uvs_v1_Selector__Output } from '../../uvs/v1/Selector.ts';

export interface ListNodeSettingsRequest {
  'pageSize'?: (number);
  'pageToken'?: (string);
  'selector'?: (_uvs_v1_Selector | null);
}

export interface ListNodeSettingsRequest__Output {
  'pageSize': (number);
  'pageToken': (string);
  'selector': (_uvs_v1_Selector__Output | null);
}
