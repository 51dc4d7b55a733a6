// Original file: proto/uvs/agent/v1/agent.proto


export interface Cancel {
  'operation'?: (string);
  'reason'?: (string);
}

export interface Cancel__Output {
  'operation': (string);
  'reason': (string);
}
