// Original file: proto/uvs/v1/rollout.proto


export interface Canary {
  'nodes'?: (string)[];
  'count'?: (number);
  'soakSeconds'?: (number);
  'needsApproval'?: (boolean);
}

export interface Canary__Output {
  'nodes': (string)[];
  'count': (number);
  'soakSeconds': (number);
  'needsApproval': (boolean);
}
