// Original file: proto/uvs/agent/v1/agent.proto

import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from '../../../uvs/v1/SlotToken.ts';

export interface JudgeHealthRequest {
  'operation'?: (string);
  'token'?: (_uvs_v1_SlotToken | null);
}

export interface JudgeHealthRequest__Output {
  'operation': (string);
  'token': (_uvs_v1_SlotToken__Output | null);
}
