// Original file: proto/uvs/v1/package.proto


export interface StoppedRollout {
  'rollout'?: (string);
  'package'?: (string);
  'product'?: (string);
  'version'?: (string);
  'reason'?: (string);
}

export interface StoppedRollout__Output {
  'rollout': (string);
  'package': (string);
  'product': (string);
  'version': (string);
  'reason': (string);
}
