// Original file: proto/uvs/agent/v1/agent.proto

import type { HealthVerdict as _uvs_agent_v1_HealthVerdict, HealthVerdict__Output as _uvs_agent_v1_HealthVerdict__Output } from '../../../uvs/agent/v1/HealthVerdict.ts';

export interface JudgeHealthResponse {
  'verdict'?: (_uvs_agent_v1_HealthVerdict);
  'reason'?: (string);
}

export interface JudgeHealthResponse__Output {
  'verdict': (_uvs_agent_v1_HealthVerdict__Output);
  'reason': (string);
}
