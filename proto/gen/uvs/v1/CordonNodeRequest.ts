// Original file: proto/uvs/v1/node.proto


export interface CordonNodeRequest {
  'name'?: (string);
  'reason'?: (string);
  'requestId'?: (string);
}

export interface CordonNodeRequest__Output {
  'name': (string);
  'reason': (string);
  'requestId': (string);
}
