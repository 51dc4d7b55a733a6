// Original file: proto/uvs/v1/setting.proto


export interface SetSettingsRequest {
  'scope'?: (string);
  'values'?: ({[key: string]: string});
  'reason'?: (string);
  'requestId'?: (string);
}

export interface SetSettingsRequest__Output {
  'scope': (string);
  'values': ({[key: string]: string});
  'reason': (string);
  'requestId': (string);
}
