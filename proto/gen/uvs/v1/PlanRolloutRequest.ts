// Original file: proto/uvs/v1/rollout.proto

import type { RolloutSpec as _uvs_v1_RolloutSpec, RolloutSpec__Output as _uvs_v1_RolloutSpec__Output } from '../../uvs/v1/RolloutSpec.ts';

export interface PlanRolloutRequest {
  'spec'?: (_uvs_v1_RolloutSpec | null);
}

export interface PlanRolloutRequest__Output {
  'spec': (_uvs_v1_RolloutSpec__Output | null);
}
