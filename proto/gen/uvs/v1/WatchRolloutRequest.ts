// Original file: proto/uvs/v1/rollout.proto


export interface WatchRolloutRequest {
  'name'?: (string);
  'resumeToken'?: (string);
}

export interface WatchRolloutRequest__Output {
  'name': (string);
  'resumeToken': (string);
}
