// Original file: proto/uvs/v1/slot.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface GateAnswer {
  'gate'?: (string);
  'yes'?: (boolean);
  'message'?: (string);
  'answerTime'?: (_google_protobuf_Timestamp | null);
  'durationMs'?: (number | string | Long);
}

export interface GateAnswer__Output {
  'gate': (string);
  'yes': (boolean);
  'message': (string);
  'answerTime': (_google_protobuf_Timestamp__Output | null);
  'durationMs': (string);
}
