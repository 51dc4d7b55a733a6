// Original file: proto/uvs/v1/slot.proto

import type { SlotState as _uvs_v1_SlotState, SlotState__Output as _uvs_v1_SlotState__Output } from '../../uvs/v1/SlotState.ts';
import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from '../../uvs/v1/SlotToken.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Slot {
  'name'?: (string);
  'nodeUid'?: (string);
  'hostname'?: (string);
  'state'?: (_uvs_v1_SlotState);
  'token'?: (_uvs_v1_SlotToken | null);
  'operation'?: (string);
  'rollout'?: (string);
  'grantTime'?: (_google_protobuf_Timestamp | null);
  'message'?: (string);
  'beginTime'?: (_google_protobuf_Timestamp | null);
  'revokedBy'?: (string);
  'revokeReason'?: (string);
  'known'?: (string);
}

export interface Slot__Output {
  'name': (string);
  'nodeUid': (string);
  'hostname': (string);
  'state': (_uvs_v1_SlotState__Output);
  'token': (_uvs_v1_SlotToken__Output | null);
  'operation': (string);
  'rollout': (string);
  'grantTime': (_google_protobuf_Timestamp__Output | null);
  'message': (string);
  'beginTime': (_google_protobuf_Timestamp__Output | null);
  'revokedBy': (string);
  'revokeReason': (string);
  'known': (string);
}
