// Original file: proto/uvs/v1/node.proto


export interface WriteOffNodeRequest {
  'name'?: (string);
  'reason'?: (string);
  'nodeIsPoweredOff'?: (boolean);
  'requestId'?: (string);
}

export interface WriteOffNodeRequest__Output {
  'name': (string);
  'reason': (string);
  'nodeIsPoweredOff': (boolean);
  'requestId': (string);
}
