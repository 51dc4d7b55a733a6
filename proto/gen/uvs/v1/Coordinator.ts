// Original file: proto/uvs/v1/cluster.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Coordinator {
  'id'?: (string);
  'grpcAddress'?: (string);
  'httpsAddress'?: (string);
  'isDown'?: (boolean);
  'downTime'?: (_google_protobuf_Timestamp | null);
}

export interface Coordinator__Output {
  'id': (string);
  'grpcAddress': (string);
  'httpsAddress': (string);
  'isDown': (boolean);
  'downTime': (_google_protobuf_Timestamp__Output | null);
}
