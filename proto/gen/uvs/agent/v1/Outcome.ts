// Original file: proto/uvs/agent/v1/agent.proto

export const Outcome = {
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  OUTCOME_INSTALLED: 'OUTCOME_INSTALLED',
  OUTCOME_ROLLED_BACK: 'OUTCOME_ROLLED_BACK',
  OUTCOME_NEVER_ACTED: 'OUTCOME_NEVER_ACTED',
  OUTCOME_FAILED: 'OUTCOME_FAILED',
  OUTCOME_NEEDS_OPERATOR: 'OUTCOME_NEEDS_OPERATOR',
} as const;

export type Outcome =
  | 'OUTCOME_UNSPECIFIED'
  | 0
  | 'OUTCOME_INSTALLED'
  | 1
  | 'OUTCOME_ROLLED_BACK'
  | 2
  | 'OUTCOME_NEVER_ACTED'
  | 3
  | 'OUTCOME_FAILED'
  | 4
  | 'OUTCOME_NEEDS_OPERATOR'
  | 5

export type Outcome__Output = typeof Outcome[keyof typeof Outcome]
