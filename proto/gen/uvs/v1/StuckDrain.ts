// Original file: proto/uvs/v1/slot.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface StuckDrain {
  'node'?: (string);
  'hostname'?: (string);
  'operation'?: (string);
  'set'?: ({[key: string]: string});
  'since'?: (_google_protobuf_Timestamp | null);
  'reason'?: (string);
}

export interface StuckDrain__Output {
  'node': (string);
  'hostname': (string);
  'operation': (string);
  'set': ({[key: string]: string});
  'since': (_google_protobuf_Timestamp__Output | null);
  'reason': (string);
}
