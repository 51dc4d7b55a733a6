// Original file: proto/uvs/agent/v1/agent.proto

import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from '../../../uvs/v1/SlotToken.ts';
import type { Outcome as _uvs_agent_v1_Outcome, Outcome__Output as _uvs_agent_v1_Outcome__Output } from '../../../uvs/agent/v1/Outcome.ts';

export interface EndedOperation {
  'operation'?: (string);
  'token'?: (_uvs_v1_SlotToken | null);
  'outcome'?: (_uvs_agent_v1_Outcome);
}

export interface EndedOperation__Output {
  'operation': (string);
  'token': (_uvs_v1_SlotToken__Output | null);
  'outcome': (_uvs_agent_v1_Outcome__Output);
}
