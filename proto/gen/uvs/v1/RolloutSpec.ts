// Original file: proto/uvs/v1/rollout.proto

import type { Selector as _uvs_v1_Selector, Selector__Output as _uvs_v1_Selector__Output } from '../../uvs/v1/Selector.ts';
import type { RolloutMode as _uvs_v1_RolloutMode, RolloutMode__Output as _uvs_v1_RolloutMode__Output } from '../../uvs/v1/RolloutMode.ts';
import type { Reboot as _uvs_v1_Reboot, Reboot__Output as _uvs_v1_Reboot__Output } from '../../uvs/v1/Reboot.ts';
import type { Restart as _uvs_v1_Restart, Restart__Output as _uvs_v1_Restart__Output } from '../../uvs/v1/Restart.ts';
import type { Canary as _uvs_v1_Canary, Canary__Output as _uvs_v1_Canary__Output } from '../../uvs/v1/Canary.ts';
import type { FailureAction as _uvs_v1_FailureAction, FailureAction__Output as _uvs_v1_FailureAction__Output } from '../../uvs/v1/FailureAction.ts';
import type { Rollback as _uvs_v1_Rollback, Rollback__Output as _uvs_v1_Rollback__Output } from '../../uvs/v1/Rollback.ts';
import type { Migration as _uvs_v1_Migration, Migration__Output as _uvs_v1_Migration__Output } from '../../uvs/v1/Migration.ts';

export interface RolloutSpec {
  'package'?: (string);
  'selector'?: (_uvs_v1_Selector | null);
  'mode'?: (_uvs_v1_RolloutMode);
  'budget'?: (number);
  'stageDeadlineSeconds'?: (number);
  'waitDeadlineSeconds'?: (number);
  'stepDeadlineSeconds'?: (number);
  'reboot'?: (_uvs_v1_Reboot | null);
  'restart'?: (_uvs_v1_Restart | null);
  'canary'?: (_uvs_v1_Canary | null);
  'onFailure'?: (_uvs_v1_FailureAction);
  'toleratedFailures'?: (number);
  'rollBackAfterSeconds'?: (number);
  'acknowledgedChecks'?: (string)[];
  'reason'?: (string);
  'rollback'?: (_uvs_v1_Rollback | null);
  'migration'?: (_uvs_v1_Migration | null);
  'action'?: "reboot"|"restart"|"rollback"|"migration";
}

export interface RolloutSpec__Output {
  'package': (string);
  'selector': (_uvs_v1_Selector__Output | null);
  'mode': (_uvs_v1_RolloutMode__Output);
  'budget': (number);
  'stageDeadlineSeconds': (number);
  'waitDeadlineSeconds': (number);
  'stepDeadlineSeconds': (number);
  'reboot'?: (_uvs_v1_Reboot__Output | null);
  'restart'?: (_uvs_v1_Restart__Output | null);
  'canary': (_uvs_v1_Canary__Output | null);
  'onFailure': (_uvs_v1_FailureAction__Output);
  'toleratedFailures': (number);
  'rollBackAfterSeconds': (number);
  'acknowledgedChecks': (string)[];
  'reason': (string);
  'rollback'?: (_uvs_v1_Rollback__Output | null);
  'migration'?: (_uvs_v1_Migration__Output | null);
  'action'?: "reboot"|"restart"|"rollback"|"migration";
}
