// Original file: proto/uvs/agent/v1/agent.proto

import type { RefusedUnit as _uvs_agent_v1_RefusedUnit, RefusedUnit__Output as _uvs_agent_v1_RefusedUnit__Output } from '../../../uvs/agent/v1/RefusedUnit.ts';

export interface LimitsAnswer {
  'nonce'?: (string);
  'refused'?: (_uvs_agent_v1_RefusedUnit)[];
  'trouble'?: (string);
}

export interface LimitsAnswer__Output {
  'nonce': (string);
  'refused': (_uvs_agent_v1_RefusedUnit__Output)[];
  'trouble': (string);
}
