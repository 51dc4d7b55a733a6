// Original file: proto/uvs/v1/common.proto


export interface ValueChange {
  'name'?: (string);
  'before'?: (string);
  'after'?: (string);
}

export interface ValueChange__Output {
  'name': (string);
  'before': (string);
  'after': (string);
}
