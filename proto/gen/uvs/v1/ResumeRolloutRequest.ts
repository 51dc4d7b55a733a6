// Original file: proto/uvs/v1/rollout.proto


export interface ResumeRolloutRequest {
  'name'?: (string);
  'requestId'?: (string);
  'reason'?: (string);
}

export interface ResumeRolloutRequest__Output {
  'name': (string);
  'requestId': (string);
  'reason': (string);
}
