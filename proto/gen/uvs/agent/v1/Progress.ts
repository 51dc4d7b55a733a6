// Original file: proto/uvs/agent/v1/agent.proto


export interface Progress {
  'operation'?: (string);
  'phase'?: (string);
  'message'?: (string);
  'percent'?: (number);
}

export interface Progress__Output {
  'operation': (string);
  'phase': (string);
  'message': (string);
  'percent': (number);
}
