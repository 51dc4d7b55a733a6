// Original file: proto/uvs/v1/rollout.proto

import type { MigrationAct as _uvs_v1_MigrationAct, MigrationAct__Output as _uvs_v1_MigrationAct__Output } from '../../uvs/v1/MigrationAct.ts';

export interface Migration {
  'act'?: (_uvs_v1_MigrationAct);
  'directory'?: (string);
  'units'?: (string)[];
}

export interface Migration__Output {
  'act': (_uvs_v1_MigrationAct__Output);
  'directory': (string);
  'units': (string)[];
}
