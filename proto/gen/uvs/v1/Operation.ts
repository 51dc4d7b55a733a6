// Original file: proto/uvs/v1/operation.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Operation {
  'name'?: (string);
  'nodeUid'?: (string);
  'hostname'?: (string);
  'rollout'?: (string);
  'phase'?: (string);
  'done'?: (boolean);
  'outcome'?: (string);
  'message'?: (string);
  'createTime'?: (_google_protobuf_Timestamp | null);
  'endTime'?: (_google_protobuf_Timestamp | null);
}

export interface Operation__Output {
  'name': (string);
  'nodeUid': (string);
  'hostname': (string);
  'rollout': (string);
  'phase': (string);
  'done': (boolean);
  'outcome': (string);
  'message': (string);
  'createTime': (_google_protobuf_Timestamp__Output | null);
  'endTime': (_google_protobuf_Timestamp__Output | null);
}
