// Original file: proto/uvs/v1/common.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Condition {
  'type'?: (string);
  'status'?: (boolean);
  'reason'?: (string);
  'message'?: (string);
  'lastTransitionTime'?: (_google_protobuf_Timestamp | null);
}

export interface Condition__Output {
  'type': (string);
  'status': (boolean);
  'reason': (string);
  'message': (string);
  'lastTransitionTime': (_google_protobuf_Timestamp__Output | null);
}
