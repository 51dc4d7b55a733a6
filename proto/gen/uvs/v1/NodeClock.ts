// Original file: proto/uvs/v1/setting.proto


export interface NodeClock {
  'offsetSeconds'?: (number | string);
  'server'?: (string);
}

export interface NodeClock__Output {
  'offsetSeconds': (number);
  'server': (string);
}
