// Original file: proto/uvs/v1/common.proto

import type { ValueChange as _uvs_v1_ValueChange, ValueChange__Output as _uvs_v1_ValueChange__Output } from '../../uvs/v1/ValueChange.ts';

export interface ChangeForNodes {
  'changes'?: (_uvs_v1_ValueChange)[];
  'nodes'?: (number);
  'hostnames'?: (string)[];
}

export interface ChangeForNodes__Output {
  'changes': (_uvs_v1_ValueChange__Output)[];
  'nodes': (number);
  'hostnames': (string)[];
}
