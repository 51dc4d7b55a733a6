// Original file: proto/uvs/v1/setting.proto


export interface PreviewSettingsRequest {
  'scope'?: (string);
  'values'?: ({[key: string]: string});
  'unset'?: (string)[];
}

export interface PreviewSettingsRequest__Output {
  'scope': (string);
  'values': ({[key: string]: string});
  'unset': (string)[];
}
