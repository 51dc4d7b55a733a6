// Original file: proto/uvs/agent/v1/agent.proto

import type { Reboot as _uvs_v1_Reboot, Reboot__Output as _uvs_v1_Reboot__Output } from '../../../uvs/v1/Reboot.ts';
import type { Restart as _uvs_v1_Restart, Restart__Output as _uvs_v1_Restart__Output } from '../../../uvs/v1/Restart.ts';
import type { Rollback as _uvs_v1_Rollback, Rollback__Output as _uvs_v1_Rollback__Output } from '../../../uvs/v1/Rollback.ts';
import type { Migration as _uvs_v1_Migration, Migration__Output as _uvs_v1_Migration__Output } from '../../../uvs/v1/Migration.ts';
import type { Long } from '@grpc/proto-loader';

export interface Assign {
  'operation'?: (string);
  'packageDigest'?: (string);
  'packageSizeBytes'?: (number | string | Long);
  'manifestHash'?: (string);
  'reboot'?: (_uvs_v1_Reboot | null);
  'restart'?: (_uvs_v1_Restart | null);
  'rollBackAfterSeconds'?: (number);
  'rollback'?: (_uvs_v1_Rollback | null);
  'migration'?: (_uvs_v1_Migration | null);
  'action'?: "reboot"|"restart"|"rollback"|"migration";
}

export interface Assign__Output {
  'operation': (string);
  'packageDigest': (string);
  'packageSizeBytes': (string);
  'manifestHash': (string);
  'reboot'?: (_uvs_v1_Reboot__Output | null);
  'restart'?: (_uvs_v1_Restart__Output | null);
  'rollBackAfterSeconds': (number);
  'rollback'?: (_uvs_v1_Rollback__Output | null);
  'migration'?: (_uvs_v1_Migration__Output | null);
  'action'?: "reboot"|"restart"|"rollback"|"migration";
}
