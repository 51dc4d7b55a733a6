// Original file: proto/uvs/agent/v1/agent.proto

export const HealthVerdict = {
  HEALTH_VERDICT_UNSPECIFIED: 'HEALTH_VERDICT_UNSPECIFIED',
  HEALTH_VERDICT_HEALTHY: 'HEALTH_VERDICT_HEALTHY',
  HEALTH_VERDICT_UNHEALTHY: 'HEALTH_VERDICT_UNHEALTHY',
  HEALTH_VERDICT_UNDECIDED: 'HEALTH_VERDICT_UNDECIDED',
} as const;

export type HealthVerdict =
  | 'HEALTH_VERDICT_UNSPECIFIED'
  | 0
  | 'HEALTH_VERDICT_HEALTHY'
  | 1
  | 'HEALTH_VERDICT_UNHEALTHY'
  | 2
  | 'HEALTH_VERDICT_UNDECIDED'
  | 3

export type HealthVerdict__Output = typeof HealthVerdict[keyof typeof HealthVerdict]
