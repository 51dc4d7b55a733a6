// Original file: proto/uvs/v1/limit.proto


export interface PreviewLimitsRequest {
  'scope'?: (string);
  'unit'?: (string);
  'values'?: ({[key: string]: string});
  'unset'?: (string)[];
}

export interface PreviewLimitsRequest__Output {
  'scope': (string);
  'unit': (string);
  'values': ({[key: string]: string});
  'unset': (string)[];
}
