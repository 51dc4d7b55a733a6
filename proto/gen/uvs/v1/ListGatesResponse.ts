// Original file: proto/uvs/v1/slot.proto

import type { Gate as _uvs_v1_Gate, Gate__Output as _uvs_v1_Gate__Output } from '../../uvs/v1/Gate.ts';
import type { StuckDrain as _uvs_v1_StuckDrain, StuckDrain__Output as _uvs_v1_StuckDrain__Output } from '../../uvs/v1/StuckDrain.ts';

export interface ListGatesResponse {
  'gates'?: (_uvs_v1_Gate)[];
  'stuckDrains'?: (_uvs_v1_StuckDrain)[];
  'stuckDrainsTotal'?: (number);
}

export interface ListGatesResponse__Output {
  'gates': (_uvs_v1_Gate__Output)[];
  'stuckDrains': (_uvs_v1_StuckDrain__Output)[];
  'stuckDrainsTotal': (number);
}
