// Original file: proto/uvs/agent/v1/agent.proto


export interface ConfirmTokenResponse {
  'valid'?: (boolean);
  'reason'?: (string);
}

export interface ConfirmTokenResponse__Output {
  'valid': (boolean);
  'reason': (string);
}
