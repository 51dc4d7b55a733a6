// Original file: proto/uvs/v1/slot.proto

export const SlotState = {
  SLOT_STATE_UNSPECIFIED: 'SLOT_STATE_UNSPECIFIED',
  SLOT_STATE_GRANTED: 'SLOT_STATE_GRANTED',
  SLOT_STATE_BEGUN: 'SLOT_STATE_BEGUN',
  SLOT_STATE_ENDED: 'SLOT_STATE_ENDED',
  SLOT_STATE_REVOKED: 'SLOT_STATE_REVOKED',
  SLOT_STATE_QUARANTINED: 'SLOT_STATE_QUARANTINED',
} as const;

export type SlotState =
  | 'SLOT_STATE_UNSPECIFIED'
  | 0
  | 'SLOT_STATE_GRANTED'
  | 1
  | 'SLOT_STATE_BEGUN'
  | 2
  | 'SLOT_STATE_ENDED'
  | 3
  | 'SLOT_STATE_REVOKED'
  | 4
  | 'SLOT_STATE_QUARANTINED'
  | 5

export type SlotState__Output = typeof SlotState[keyof typeof SlotState]
