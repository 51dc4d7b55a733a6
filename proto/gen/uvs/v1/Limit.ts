// Original file: proto/uvs/v1/limit.proto


export interface Limit {
  'scope'?: (string);
  'hostname'?: (string);
  'unit'?: (string);
  'values'?: ({[key: string]: string});
}

export interface Limit__Output {
  'scope': (string);
  'hostname': (string);
  'unit': (string);
  'values': ({[key: string]: string});
}
