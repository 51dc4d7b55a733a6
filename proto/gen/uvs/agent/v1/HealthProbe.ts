// Original file: proto/uvs/agent/v1/agent.proto


export interface HealthProbe {
  'nonce'?: (string);
}

export interface HealthProbe__Output {
  'nonce': (string);
}
