// Original file: proto/uvs/v1/package.proto

import type { StoppedRollout as _uvs_v1_StoppedRollout, StoppedRollout__Output as _uvs_v1_StoppedRollout__Output } from '../../uvs/v1/StoppedRollout.ts';
import type { RootLosses as _uvs_v1_RootLosses, RootLosses__Output as _uvs_v1_RootLosses__Output } from '../../uvs/v1/RootLosses.ts';

export interface CheckPackageRootResponse {
  'version'?: (number);
  'stoppedRollouts'?: (_uvs_v1_StoppedRollout)[];
  'losses'?: (_uvs_v1_RootLosses | null);
}

export interface CheckPackageRootResponse__Output {
  'version': (number);
  'stoppedRollouts': (_uvs_v1_StoppedRollout__Output)[];
  'losses': (_uvs_v1_RootLosses__Output | null);
}
