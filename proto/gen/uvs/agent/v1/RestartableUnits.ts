// Original file: proto/uvs/agent/v1/agent.proto


export interface RestartableUnits {
  'units'?: (string)[];
}

export interface RestartableUnits__Output {
  'units': (string)[];
}
