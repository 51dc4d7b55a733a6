// Original file: proto/uvs/v1/package.proto

import type { StoppedRollout as _uvs_v1_StoppedRollout, StoppedRollout__Output as _uvs_v1_StoppedRollout__Output } from '../../uvs/v1/StoppedRollout.ts';

export interface CheckPackageRootResponse {
  'version'?: (number);
  'stoppedRollouts'?: (_uvs_v1_StoppedRollout)[];
}

export interface CheckPackageRootResponse__Output {
  'version': (number);
  'stoppedRollouts': (_uvs_v1_StoppedRollout__Output)[];
}
