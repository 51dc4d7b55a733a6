// Original file: proto/uvs/v1/node.proto


export interface NodeDaemons {
  'names'?: (string)[];
}

export interface NodeDaemons__Output {
  'names': (string)[];
}
