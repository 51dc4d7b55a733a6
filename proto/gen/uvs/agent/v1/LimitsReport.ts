// Original file: proto/uvs/agent/v1/agent.proto

import type { UnitLimits as _uvs_v1_UnitLimits, UnitLimits__Output as _uvs_v1_UnitLimits__Output } from '../../../uvs/v1/UnitLimits.ts';

export interface LimitsReport {
  'hash'?: (string);
  'units'?: (_uvs_v1_UnitLimits)[];
  'trouble'?: (string);
}

export interface LimitsReport__Output {
  'hash': (string);
  'units': (_uvs_v1_UnitLimits__Output)[];
  'trouble': (string);
}
