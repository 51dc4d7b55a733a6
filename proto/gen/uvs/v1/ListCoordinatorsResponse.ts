// Original file: proto/uvs/v1/cluster.proto

import type { Coordinator as _uvs_v1_Coordinator, Coordinator__Output as _uvs_v1_Coordinator__Output } from '../../uvs/v1/Coordinator.ts';

export interface ListCoordinatorsResponse {
  'coordinators'?: (_uvs_v1_Coordinator)[];
}

export interface ListCoordinatorsResponse__Output {
  'coordinators': (_uvs_v1_Coordinator__Output)[];
}
