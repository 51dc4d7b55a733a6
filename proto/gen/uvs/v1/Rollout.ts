// Original file: proto/uvs/v1/rollout.proto

import type { RolloutSpec as _uvs_v1_RolloutSpec, RolloutSpec__Output as _uvs_v1_RolloutSpec__Output } from '../../uvs/v1/RolloutSpec.ts';
import type { RolloutState as _uvs_v1_RolloutState, RolloutState__Output as _uvs_v1_RolloutState__Output } from '../../uvs/v1/RolloutState.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Step as _uvs_v1_Step, Step__Output as _uvs_v1_Step__Output } from '../../uvs/v1/Step.ts';
import type { PauseCause as _uvs_v1_PauseCause, PauseCause__Output as _uvs_v1_PauseCause__Output } from '../../uvs/v1/PauseCause.ts';

export interface Rollout {
  'name'?: (string);
  'spec'?: (_uvs_v1_RolloutSpec | null);
  'state'?: (_uvs_v1_RolloutState);
  'stateReason'?: (string);
  'waitingFor'?: (string);
  'creator'?: (string);
  'createTime'?: (_google_protobuf_Timestamp | null);
  'endTime'?: (_google_protobuf_Timestamp | null);
  'version'?: (string);
  'stepsTotal'?: (number);
  'stepsSucceeded'?: (number);
  'stepsFailed'?: (number);
  'stepsSkipped'?: (number);
  'steps'?: (_uvs_v1_Step)[];
  'approver'?: (string);
  'newcomers'?: (string)[];
  'pauseCause'?: (_uvs_v1_PauseCause);
  'pauser'?: (string);
  'pauseTime'?: (_google_protobuf_Timestamp | null);
  'waitStartTime'?: (_google_protobuf_Timestamp | null);
  'deadlineTime'?: (_google_protobuf_Timestamp | null);
}

export interface Rollout__Output {
  'name': (string);
  'spec': (_uvs_v1_RolloutSpec__Output | null);
  'state': (_uvs_v1_RolloutState__Output);
  'stateReason': (string);
  'waitingFor': (string);
  'creator': (string);
  'createTime': (_google_protobuf_Timestamp__Output | null);
  'endTime': (_google_protobuf_Timestamp__Output | null);
  'version': (string);
  'stepsTotal': (number);
  'stepsSucceeded': (number);
  'stepsFailed': (number);
  'stepsSkipped': (number);
  'steps': (_uvs_v1_Step__Output)[];
  'approver': (string);
  'newcomers': (string)[];
  'pauseCause': (_uvs_v1_PauseCause__Output);
  'pauser': (string);
  'pauseTime': (_google_protobuf_Timestamp__Output | null);
  'waitStartTime': (_google_protobuf_Timestamp__Output | null);
  'deadlineTime': (_google_protobuf_Timestamp__Output | null);
}
