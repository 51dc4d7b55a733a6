// Original file: proto/uvs/v1/common.proto


export interface Selector {
  'all'?: (boolean);
  'nodes'?: (string)[];
  'roles'?: (string)[];
  'labels'?: ({[key: string]: string});
}

export interface Selector__Output {
  'all': (boolean);
  'nodes': (string)[];
  'roles': (string)[];
  'labels': ({[key: string]: string});
}
