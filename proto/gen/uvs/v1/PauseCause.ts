// Original file: proto/uvs/v1/rollout.proto

export const PauseCause = {
  PAUSE_CAUSE_UNSPECIFIED: 'PAUSE_CAUSE_UNSPECIFIED',
  PAUSE_CAUSE_APPROVAL: 'PAUSE_CAUSE_APPROVAL',
  PAUSE_CAUSE_FAILURE: 'PAUSE_CAUSE_FAILURE',
  PAUSE_CAUSE_OPERATOR: 'PAUSE_CAUSE_OPERATOR',
} as const;

export type PauseCause =
  | 'PAUSE_CAUSE_UNSPECIFIED'
  | 0
  | 'PAUSE_CAUSE_APPROVAL'
  | 1
  | 'PAUSE_CAUSE_FAILURE'
  | 2
  | 'PAUSE_CAUSE_OPERATOR'
  | 3

export type PauseCause__Output = typeof PauseCause[keyof typeof PauseCause]
