// Original file: proto/uvs/v1/slot.proto


export interface EvaluateGatesRequest {
  'node'?: (string);
}

export interface EvaluateGatesRequest__Output {
  'node': (string);
}
