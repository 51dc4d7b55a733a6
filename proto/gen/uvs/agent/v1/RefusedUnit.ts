// Original file: proto/uvs/agent/v1/agent.proto


export interface RefusedUnit {
  'unit'?: (string);
  'message'?: (string);
}

export interface RefusedUnit__Output {
  'unit': (string);
  'message': (string);
}
