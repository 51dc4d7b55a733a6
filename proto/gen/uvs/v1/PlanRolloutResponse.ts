// Original file: proto/uvs/v1/rollout.proto

import type { PlannedStep as _uvs_v1_PlannedStep, PlannedStep__Output as _uvs_v1_PlannedStep__Output } from '../../uvs/v1/PlannedStep.ts';
import type { Blocker as _uvs_v1_Blocker, Blocker__Output as _uvs_v1_Blocker__Output } from '../../uvs/v1/Blocker.ts';
import type { PlannedWave as _uvs_v1_PlannedWave, PlannedWave__Output as _uvs_v1_PlannedWave__Output } from '../../uvs/v1/PlannedWave.ts';
import type { Long } from '@grpc/proto-loader';

export interface PlanRolloutResponse {
  'steps'?: (_uvs_v1_PlannedStep)[];
  'blockers'?: (_uvs_v1_Blocker)[];
  'fetchBytes'?: (number | string | Long);
  'waves'?: (_uvs_v1_PlannedWave)[];
  'serveBytesPerSecond'?: (number | string | Long);
  'stagingSeconds'?: (number);
  'gatesAsked'?: (number);
  'paceOfRelease'?: (boolean);
  'taskLimitSeconds'?: (number);
}

export interface PlanRolloutResponse__Output {
  'steps': (_uvs_v1_PlannedStep__Output)[];
  'blockers': (_uvs_v1_Blocker__Output)[];
  'fetchBytes': (string);
  'waves': (_uvs_v1_PlannedWave__Output)[];
  'serveBytesPerSecond': (string);
  'stagingSeconds': (number);
  'gatesAsked': (number);
  'paceOfRelease': (boolean);
  'taskLimitSeconds': (number);
}
