// Original file: proto/uvs/v1/package.proto


export interface RootLosses {
  'packages'?: (number);
  'nodesLosingWayBack'?: (number);
  'nodesUnknown'?: (number);
}

export interface RootLosses__Output {
  'packages': (number);
  'nodesLosingWayBack': (number);
  'nodesUnknown': (number);
}
