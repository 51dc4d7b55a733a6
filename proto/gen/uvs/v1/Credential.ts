// Original file: proto/uvs/v1/access.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Credential {
  'name'?: (string);
  'identity'?: (string);
  'withdrawn'?: (boolean);
  'issueTime'?: (_google_protobuf_Timestamp | null);
  'hostname'?: (string);
}

export interface Credential__Output {
  'name': (string);
  'identity': (string);
  'withdrawn': (boolean);
  'issueTime': (_google_protobuf_Timestamp__Output | null);
  'hostname': (string);
}
