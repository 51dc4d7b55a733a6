// Original file: proto/uvs/v1/rollout.proto


export interface Rollback {
  'release'?: (string);
  'version'?: (string);
}

export interface Rollback__Output {
  'release': (string);
  'version': (string);
}
