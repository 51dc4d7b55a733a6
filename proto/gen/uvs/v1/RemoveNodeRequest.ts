// Original file: proto/uvs/v1/node.proto


export interface RemoveNodeRequest {
  'name'?: (string);
  'reason'?: (string);
  'requestId'?: (string);
}

export interface RemoveNodeRequest__Output {
  'name': (string);
  'reason': (string);
  'requestId': (string);
}
