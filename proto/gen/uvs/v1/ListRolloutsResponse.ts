// Original file: proto/uvs/v1/rollout.proto

import type { Rollout as _uvs_v1_Rollout, Rollout__Output as _uvs_v1_Rollout__Output } from '../../uvs/v1/Rollout.ts';

export interface ListRolloutsResponse {
  'rollouts'?: (_uvs_v1_Rollout)[];
  'nextPageToken'?: (string);
}

export interface ListRolloutsResponse__Output {
  'rollouts': (_uvs_v1_Rollout__Output)[];
  'nextPageToken': (string);
}
