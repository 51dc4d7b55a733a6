// Original file: proto/uvs/v1/operation.proto


export interface ReadOutputResponse {
  'text'?: (string);
  'truncated'?: (boolean);
}

export interface ReadOutputResponse__Output {
  'text': (string);
  'truncated': (boolean);
}
