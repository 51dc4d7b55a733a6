// Original file: proto/uvs/v1/limit.proto


export interface UnsetLimitsRequest {
  'scope'?: (string);
  'unit'?: (string);
  'names'?: (string)[];
  'reason'?: (string);
  'requestId'?: (string);
}

export interface UnsetLimitsRequest__Output {
  'scope': (string);
  'unit': (string);
  'names': (string)[];
  'reason': (string);
  'requestId': (string);
}
