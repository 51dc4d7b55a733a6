// Original file: proto/uvs/v1/limit.proto

import type { ChangeForNodes as _uvs_v1_ChangeForNodes, ChangeForNodes__Output as _uvs_v1_ChangeForNodes__Output } from '../../uvs/v1/ChangeForNodes.ts';
import type { LimitRefusal as _uvs_v1_LimitRefusal, LimitRefusal__Output as _uvs_v1_LimitRefusal__Output } from '../../uvs/v1/LimitRefusal.ts';

export interface PreviewLimitsResponse {
  'changes'?: (_uvs_v1_ChangeForNodes)[];
  'unchangedNodes'?: (number);
  'refusals'?: (_uvs_v1_LimitRefusal)[];
  'refusingNodes'?: (number);
  'answeredNodes'?: (number);
}

export interface PreviewLimitsResponse__Output {
  'changes': (_uvs_v1_ChangeForNodes__Output)[];
  'unchangedNodes': (number);
  'refusals': (_uvs_v1_LimitRefusal__Output)[];
  'refusingNodes': (number);
  'answeredNodes': (number);
}
