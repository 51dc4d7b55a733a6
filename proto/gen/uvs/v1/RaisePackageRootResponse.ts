// Original file: proto/uvs/v1/package.proto

import type { PackageRoot as _uvs_v1_PackageRoot, PackageRoot__Output as _uvs_v1_PackageRoot__Output } from '../../uvs/v1/PackageRoot.ts';
import type { StoppedRollout as _uvs_v1_StoppedRollout, StoppedRollout__Output as _uvs_v1_StoppedRollout__Output } from '../../uvs/v1/StoppedRollout.ts';
import type { RootLosses as _uvs_v1_RootLosses, RootLosses__Output as _uvs_v1_RootLosses__Output } from '../../uvs/v1/RootLosses.ts';

export interface RaisePackageRootResponse {
  'packageRoot'?: (_uvs_v1_PackageRoot | null);
  'stoppedRollouts'?: (_uvs_v1_StoppedRollout)[];
  'losses'?: (_uvs_v1_RootLosses | null);
}

export interface RaisePackageRootResponse__Output {
  'packageRoot': (_uvs_v1_PackageRoot__Output | null);
  'stoppedRollouts': (_uvs_v1_StoppedRollout__Output)[];
  'losses': (_uvs_v1_RootLosses__Output | null);
}
