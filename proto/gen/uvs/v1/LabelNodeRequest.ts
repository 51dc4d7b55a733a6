// Original file: proto/uvs/v1/node.proto


export interface LabelNodeRequest {
  'name'?: (string);
  'set'?: ({[key: string]: string});
  'remove'?: (string)[];
  'requestId'?: (string);
}

export interface LabelNodeRequest__Output {
  'name': (string);
  'set': ({[key: string]: string});
  'remove': (string)[];
  'requestId': (string);
}
