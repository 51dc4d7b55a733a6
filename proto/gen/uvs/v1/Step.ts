// Original file: proto/uvs/v1/rollout.proto

import type { StepState as _uvs_v1_StepState, StepState__Output as _uvs_v1_StepState__Output } from '../../uvs/v1/StepState.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Step {
  'name'?: (string);
  'nodeUid'?: (string);
  'hostname'?: (string);
  'state'?: (_uvs_v1_StepState);
  'phase'?: (string);
  'message'?: (string);
  'percent'?: (number);
  'operation'?: (string);
  'beginTime'?: (_google_protobuf_Timestamp | null);
  'endTime'?: (_google_protobuf_Timestamp | null);
  'attempt'?: (number);
  'isCanary'?: (boolean);
  'needsOperator'?: (boolean);
  'tries'?: (number);
}

export interface Step__Output {
  'name': (string);
  'nodeUid': (string);
  'hostname': (string);
  'state': (_uvs_v1_StepState__Output);
  'phase': (string);
  'message': (string);
  'percent': (number);
  'operation': (string);
  'beginTime': (_google_protobuf_Timestamp__Output | null);
  'endTime': (_google_protobuf_Timestamp__Output | null);
  'attempt': (number);
  'isCanary': (boolean);
  'needsOperator': (boolean);
  'tries': (number);
}
