// Original file: proto/uvs/v1/slot.proto

import type { Slot as _uvs_v1_Slot, Slot__Output as _uvs_v1_Slot__Output } from '../../uvs/v1/Slot.ts';

export interface ReleaseSlotResponse {
  'slot'?: (_uvs_v1_Slot | null);
}

export interface ReleaseSlotResponse__Output {
  'slot': (_uvs_v1_Slot__Output | null);
}
