// Original file: proto/uvs/v1/rollout.proto

import type { Rollout as _uvs_v1_Rollout, Rollout__Output as _uvs_v1_Rollout__Output } from '../../uvs/v1/Rollout.ts';

export interface ApproveRolloutResponse {
  'rollout'?: (_uvs_v1_Rollout | null);
}

export interface ApproveRolloutResponse__Output {
  'rollout': (_uvs_v1_Rollout__Output | null);
}
