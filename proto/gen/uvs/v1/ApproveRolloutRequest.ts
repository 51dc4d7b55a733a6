// Original file: proto/uvs/v1/rollout.proto


export interface ApproveRolloutRequest {
  'name'?: (string);
  'reason'?: (string);
  'requestId'?: (string);
}

export interface ApproveRolloutRequest__Output {
  'name': (string);
  'reason': (string);
  'requestId': (string);
}
