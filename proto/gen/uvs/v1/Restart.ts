// Original file: proto/uvs/v1/rollout.proto


export interface Restart {
  'units'?: (string)[];
}

export interface Restart__Output {
  'units': (string)[];
}
