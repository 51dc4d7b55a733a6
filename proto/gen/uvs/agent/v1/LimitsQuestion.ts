// Original file: proto/uvs/agent/v1/agent.proto

import type { LimitRule as _uvs_agent_v1_LimitRule, LimitRule__Output as _uvs_agent_v1_LimitRule__Output } from '../../../uvs/agent/v1/LimitRule.ts';

export interface LimitsQuestion {
  'nonce'?: (string);
  'rules'?: (_uvs_agent_v1_LimitRule)[];
}

export interface LimitsQuestion__Output {
  'nonce': (string);
  'rules': (_uvs_agent_v1_LimitRule__Output)[];
}
