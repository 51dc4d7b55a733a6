// Original file: proto/uvs/v1/limit.proto

export const LimitState = {
  LIMIT_STATE_UNSPECIFIED: 'LIMIT_STATE_UNSPECIFIED',
  LIMIT_STATE_IN_FORCE: 'LIMIT_STATE_IN_FORCE',
  LIMIT_STATE_FROM_NEXT_START: 'LIMIT_STATE_FROM_NEXT_START',
  LIMIT_STATE_UNMET: 'LIMIT_STATE_UNMET',
  LIMIT_STATE_REFUSED: 'LIMIT_STATE_REFUSED',
} as const;

export type LimitState =
  | 'LIMIT_STATE_UNSPECIFIED'
  | 0
  | 'LIMIT_STATE_IN_FORCE'
  | 1
  | 'LIMIT_STATE_FROM_NEXT_START'
  | 2
  | 'LIMIT_STATE_UNMET'
  | 3
  | 'LIMIT_STATE_REFUSED'
  | 4

export type LimitState__Output = typeof LimitState[keyof typeof LimitState]
