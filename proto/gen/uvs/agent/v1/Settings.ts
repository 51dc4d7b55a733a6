// Original file: proto/uvs/agent/v1/agent.proto


export interface Settings {
  'hash'?: (string);
  'values'?: ({[key: string]: string});
}

export interface Settings__Output {
  'hash': (string);
  'values': ({[key: string]: string});
}
