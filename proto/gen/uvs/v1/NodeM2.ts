// Original file: proto/uvs/v1/node.proto


export interface NodeM2 {
  'state'?: (string);
  'message'?: (string);
}

export interface NodeM2__Output {
  'state': (string);
  'message': (string);
}
