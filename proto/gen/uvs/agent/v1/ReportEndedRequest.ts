// Original file: proto/uvs/agent/v1/agent.proto

import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from '../../../uvs/v1/SlotToken.ts';
import type { Outcome as _uvs_agent_v1_Outcome, Outcome__Output as _uvs_agent_v1_Outcome__Output } from '../../../uvs/agent/v1/Outcome.ts';
import type { NodeFacts as _uvs_v1_NodeFacts, NodeFacts__Output as _uvs_v1_NodeFacts__Output } from '../../../uvs/v1/NodeFacts.ts';

export interface ReportEndedRequest {
  'operation'?: (string);
  'token'?: (_uvs_v1_SlotToken | null);
  'outcome'?: (_uvs_agent_v1_Outcome);
  'message'?: (string);
  'outputTail'?: (string);
  'facts'?: (_uvs_v1_NodeFacts | null);
  'local'?: (boolean);
  'noSlotReason'?: (string);
}

export interface ReportEndedRequest__Output {
  'operation': (string);
  'token': (_uvs_v1_SlotToken__Output | null);
  'outcome': (_uvs_agent_v1_Outcome__Output);
  'message': (string);
  'outputTail': (string);
  'facts': (_uvs_v1_NodeFacts__Output | null);
  'local': (boolean);
  'noSlotReason': (string);
}
