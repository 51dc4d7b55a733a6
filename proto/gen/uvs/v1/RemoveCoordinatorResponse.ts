// Original file: proto/uvs/v1/cluster.proto

import type { Cluster as _uvs_v1_Cluster, Cluster__Output as _uvs_v1_Cluster__Output } from '../../uvs/v1/Cluster.ts';

export interface RemoveCoordinatorResponse {
  'cluster'?: (_uvs_v1_Cluster | null);
}

export interface RemoveCoordinatorResponse__Output {
  'cluster': (_uvs_v1_Cluster__Output | null);
}
