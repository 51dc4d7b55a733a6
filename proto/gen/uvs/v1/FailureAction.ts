// Original file: proto/uvs/v1/rollout.proto

export const FailureAction = {
  FAILURE_ACTION_UNSPECIFIED: 'FAILURE_ACTION_UNSPECIFIED',
  FAILURE_ACTION_PAUSE: 'FAILURE_ACTION_PAUSE',
  FAILURE_ACTION_CONTINUE: 'FAILURE_ACTION_CONTINUE',
  FAILURE_ACTION_ABORT: 'FAILURE_ACTION_ABORT',
} as const;

export type FailureAction =
  | 'FAILURE_ACTION_UNSPECIFIED'
  | 0
  | 'FAILURE_ACTION_PAUSE'
  | 1
  | 'FAILURE_ACTION_CONTINUE'
  | 2
  | 'FAILURE_ACTION_ABORT'
  | 3

export type FailureAction__Output = typeof FailureAction[keyof typeof FailureAction]
