// Original file: proto/uvs/v1/cluster.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Event {
  'name'?: (string);
  'createTime'?: (_google_protobuf_Timestamp | null);
  'actor'?: (string);
  'action'?: (string);
  'resource'?: (string);
  'message'?: (string);
  'hostname'?: (string);
}

export interface Event__Output {
  'name': (string);
  'createTime': (_google_protobuf_Timestamp__Output | null);
  'actor': (string);
  'action': (string);
  'resource': (string);
  'message': (string);
  'hostname': (string);
}
