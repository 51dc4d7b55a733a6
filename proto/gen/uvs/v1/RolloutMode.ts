// Original file: proto/uvs/v1/rollout.proto

export const RolloutMode = {
  ROLLOUT_MODE_UNSPECIFIED: 'ROLLOUT_MODE_UNSPECIFIED',
  ROLLOUT_MODE_ROLLING: 'ROLLOUT_MODE_ROLLING',
  ROLLOUT_MODE_PARALLEL: 'ROLLOUT_MODE_PARALLEL',
} as const;

export type RolloutMode =
  | 'ROLLOUT_MODE_UNSPECIFIED'
  | 0
  | 'ROLLOUT_MODE_ROLLING'
  | 1
  | 'ROLLOUT_MODE_PARALLEL'
  | 2

export type RolloutMode__Output = typeof RolloutMode[keyof typeof RolloutMode]
