// Original file: proto/uvs/v1/rollout.proto


export interface PauseRolloutRequest {
  'name'?: (string);
  'reason'?: (string);
  'requestId'?: (string);
}

export interface PauseRolloutRequest__Output {
  'name': (string);
  'reason': (string);
  'requestId': (string);
}
