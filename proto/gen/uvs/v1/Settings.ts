// Original file: proto/uvs/v1/setting.proto


export interface Settings {
  'scope'?: (string);
  'hostname'?: (string);
  'values'?: ({[key: string]: string});
}

export interface Settings__Output {
  'scope': (string);
  'hostname': (string);
  'values': ({[key: string]: string});
}
