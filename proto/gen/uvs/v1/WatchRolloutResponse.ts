// Original file: proto/uvs/v1/rollout.proto

import type { Rollout as _uvs_v1_Rollout, Rollout__Output as _uvs_v1_Rollout__Output } from '../../uvs/v1/Rollout.ts';
import type { Step as _uvs_v1_Step, Step__Output as _uvs_v1_Step__Output } from '../../uvs/v1/Step.ts';

export interface WatchRolloutResponse {
  'snapshot'?: (_uvs_v1_Rollout | null);
  'rollout'?: (_uvs_v1_Rollout | null);
  'step'?: (_uvs_v1_Step | null);
  'resumeToken'?: (string);
  'event'?: "snapshot"|"rollout"|"step";
}

export interface WatchRolloutResponse__Output {
  'snapshot'?: (_uvs_v1_Rollout__Output | null);
  'rollout'?: (_uvs_v1_Rollout__Output | null);
  'step'?: (_uvs_v1_Step__Output | null);
  'resumeToken': (string);
  'event'?: "snapshot"|"rollout"|"step";
}
