// Original file: proto/uvs/v1/rollout.proto


export interface Blocker {
  'kind'?: (string);
  'message'?: (string);
}

export interface Blocker__Output {
  'kind': (string);
  'message': (string);
}
