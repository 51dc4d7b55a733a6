// Original file: proto/uvs/v1/setting.proto


export interface UnsetSettingsRequest {
  'scope'?: (string);
  'names'?: (string)[];
  'reason'?: (string);
  'requestId'?: (string);
}

export interface UnsetSettingsRequest__Output {
  'scope': (string);
  'names': (string)[];
  'reason': (string);
  'requestId': (string);
}
