// Original file: proto/uvs/v1/slot.proto

import type { GateAnswer as _uvs_v1_GateAnswer, GateAnswer__Output as _uvs_v1_GateAnswer__Output } from '../../uvs/v1/GateAnswer.ts';

export interface Gate {
  'name'?: (string);
  'kind'?: (string);
  'lastAnswer'?: (_uvs_v1_GateAnswer | null);
}

export interface Gate__Output {
  'name': (string);
  'kind': (string);
  'lastAnswer': (_uvs_v1_GateAnswer__Output | null);
}
