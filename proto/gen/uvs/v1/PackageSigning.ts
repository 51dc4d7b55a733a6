// Original file: proto/uvs/v1/package.proto

import type { PackageSigner as _uvs_v1_PackageSigner, PackageSigner__Output as _uvs_v1_PackageSigner__Output } from '../../uvs/v1/PackageSigner.ts';

export interface PackageSigning {
  'signers'?: (_uvs_v1_PackageSigner)[];
  'rootVersion'?: (number);
  'refusal'?: (string);
  'recipients'?: (string)[];
}

export interface PackageSigning__Output {
  'signers': (_uvs_v1_PackageSigner__Output)[];
  'rootVersion': (number);
  'refusal': (string);
  'recipients': (string)[];
}
