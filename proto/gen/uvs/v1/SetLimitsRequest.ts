// Original file: proto/uvs/v1/limit.proto


export interface SetLimitsRequest {
  'scope'?: (string);
  'unit'?: (string);
  'values'?: ({[key: string]: string});
  'reason'?: (string);
  'requestId'?: (string);
}

export interface SetLimitsRequest__Output {
  'scope': (string);
  'unit': (string);
  'values': ({[key: string]: string});
  'reason': (string);
  'requestId': (string);
}
