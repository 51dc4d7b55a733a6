// Original file: proto/uvs/v1/rollout.proto


export interface AbortRolloutRequest {
  'name'?: (string);
  'reason'?: (string);
  'requestId'?: (string);
}

export interface AbortRolloutRequest__Output {
  'name': (string);
  'reason': (string);
  'requestId': (string);
}
