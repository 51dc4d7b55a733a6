// Original file: proto/uvs/agent/v1/agent.proto

import type { LimitRule as _uvs_agent_v1_LimitRule, LimitRule__Output as _uvs_agent_v1_LimitRule__Output } from '../../../uvs/agent/v1/LimitRule.ts';

export interface Limits {
  'hash'?: (string);
  'rules'?: (_uvs_agent_v1_LimitRule)[];
}

export interface Limits__Output {
  'hash': (string);
  'rules': (_uvs_agent_v1_LimitRule__Output)[];
}
