// Original file: proto/uvs/v1/rollout.proto

import type { RolloutSpec as _uvs_v1_RolloutSpec, RolloutSpec__Output as _uvs_v1_RolloutSpec__Output } from '../../uvs/v1/RolloutSpec.ts';

export interface CreateRolloutRequest {
  'spec'?: (_uvs_v1_RolloutSpec | null);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
}

export interface CreateRolloutRequest__Output {
  'spec': (_uvs_v1_RolloutSpec__Output | null);
  'requestId': (string);
  'validateOnly': (boolean);
}
