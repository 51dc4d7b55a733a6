// Original file: proto/uvs/v1/operation.proto


export interface ReadOutputRequest {
  'name'?: (string);
}

export interface ReadOutputRequest__Output {
  'name': (string);
}
