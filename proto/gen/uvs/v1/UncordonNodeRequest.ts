// Original file: proto/uvs/v1/node.proto


export interface UncordonNodeRequest {
  'name'?: (string);
  'requestId'?: (string);
  'reason'?: (string);
}

export interface UncordonNodeRequest__Output {
  'name': (string);
  'requestId': (string);
  'reason': (string);
}
