// Original file: proto/uvs/v1/cluster.proto

import type { Coordinator as _uvs_v1_Coordinator, Coordinator__Output as _uvs_v1_Coordinator__Output } from '../../uvs/v1/Coordinator.ts';
import type { Condition as _uvs_v1_Condition, Condition__Output as _uvs_v1_Condition__Output } from '../../uvs/v1/Condition.ts';

export interface Cluster {
  'name'?: (string);
  'epoch'?: (string);
  'leader'?: (_uvs_v1_Coordinator | null);
  'coordinators'?: (_uvs_v1_Coordinator)[];
  'conditions'?: (_uvs_v1_Condition)[];
  'budgets'?: ({[key: string]: number});
  'nodesTotal'?: (number);
  'nodesReady'?: (number);
  'packageRecipient'?: (string);
  'defaultBudgets'?: ({[key: string]: number});
}

export interface Cluster__Output {
  'name': (string);
  'epoch': (string);
  'leader': (_uvs_v1_Coordinator__Output | null);
  'coordinators': (_uvs_v1_Coordinator__Output)[];
  'conditions': (_uvs_v1_Condition__Output)[];
  'budgets': ({[key: string]: number});
  'nodesTotal': (number);
  'nodesReady': (number);
  'packageRecipient': (string);
  'defaultBudgets': ({[key: string]: number});
}
