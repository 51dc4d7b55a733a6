// Original file: proto/uvs/v1/limit.proto

import type { UnitLimits as _uvs_v1_UnitLimits, UnitLimits__Output as _uvs_v1_UnitLimits__Output } from '../../uvs/v1/UnitLimits.ts';

export interface NodeLimits {
  'node'?: (string);
  'hostname'?: (string);
  'units'?: (_uvs_v1_UnitLimits)[];
  'message'?: (string);
}

export interface NodeLimits__Output {
  'node': (string);
  'hostname': (string);
  'units': (_uvs_v1_UnitLimits__Output)[];
  'message': (string);
}
