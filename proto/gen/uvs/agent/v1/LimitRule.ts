// Original file: proto/uvs/agent/v1/agent.proto


export interface LimitRule {
  'unit'?: (string);
  'values'?: ({[key: string]: string});
}

export interface LimitRule__Output {
  'unit': (string);
  'values': ({[key: string]: string});
}
