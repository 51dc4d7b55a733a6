// Original file: proto/uvs/v1/slot.proto

import type { GateAnswer as _uvs_v1_GateAnswer, GateAnswer__Output as _uvs_v1_GateAnswer__Output } from '../../uvs/v1/GateAnswer.ts';

export interface EvaluateGatesResponse {
  'answers'?: (_uvs_v1_GateAnswer)[];
}

export interface EvaluateGatesResponse__Output {
  'answers': (_uvs_v1_GateAnswer__Output)[];
}
