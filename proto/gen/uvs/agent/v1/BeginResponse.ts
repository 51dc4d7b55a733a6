// Original file: proto/uvs/agent/v1/agent.proto


export interface BeginResponse {
  'granted'?: (boolean);
  'reason'?: (string);
}

export interface BeginResponse__Output {
  'granted': (boolean);
  'reason': (string);
}
