// Original file: proto/uvs/v1/slot.proto

import type { Gate as _uvs_v1_Gate, Gate__Output as _uvs_v1_Gate__Output } from '../../uvs/v1/Gate.ts';

export interface ListGatesResponse {
  'gates'?: (_uvs_v1_Gate)[];
}

export interface ListGatesResponse__Output {
  'gates': (_uvs_v1_Gate__Output)[];
}
