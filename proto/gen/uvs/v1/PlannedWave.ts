// Original file: proto/uvs/v1/rollout.proto


export interface PlannedWave {
  'name'?: (string);
  'nodes'?: (number);
  'atOnce'?: (number);
  'soakSeconds'?: (number);
  'needsApproval'?: (boolean);
  'expectedSeconds'?: (number);
}

export interface PlannedWave__Output {
  'name': (string);
  'nodes': (number);
  'atOnce': (number);
  'soakSeconds': (number);
  'needsApproval': (boolean);
  'expectedSeconds': (number);
}
