// Original file: proto/uvs/v1/node.proto


export interface RemoveNodeRequest {
  'name'?: (string);
  'reason'?: (string);
  'requestId'?: (string);
  'force'?: (boolean);
  'nodeIsPoweredOff'?: (boolean);
}

export interface RemoveNodeRequest__Output {
  'name': (string);
  'reason': (string);
  'requestId': (string);
  'force': (boolean);
  'nodeIsPoweredOff': (boolean);
}
