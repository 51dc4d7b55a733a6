// Original file: proto/uvs/v1/slot.proto

import type { Slot as _uvs_v1_Slot, Slot__Output as _uvs_v1_Slot__Output } from '../../uvs/v1/Slot.ts';

export interface ListSlotsResponse {
  'slots'?: (_uvs_v1_Slot)[];
}

export interface ListSlotsResponse__Output {
  'slots': (_uvs_v1_Slot__Output)[];
}
