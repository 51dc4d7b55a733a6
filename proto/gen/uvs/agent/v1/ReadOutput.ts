// Original file: proto/uvs/agent/v1/agent.proto


export interface ReadOutput {
  'requestId'?: (string);
  'operation'?: (string);
}

export interface ReadOutput__Output {
  'requestId': (string);
  'operation': (string);
}
