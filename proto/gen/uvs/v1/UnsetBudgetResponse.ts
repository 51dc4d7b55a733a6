// Original file: proto/uvs/v1/cluster.proto

import type { Cluster as _uvs_v1_Cluster, Cluster__Output as _uvs_v1_Cluster__Output } from '../../uvs/v1/Cluster.ts';

export interface UnsetBudgetResponse {
  'cluster'?: (_uvs_v1_Cluster | null);
}

export interface UnsetBudgetResponse__Output {
  'cluster': (_uvs_v1_Cluster__Output | null);
}
