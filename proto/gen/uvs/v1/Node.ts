// Original file: proto/uvs/v1/node.proto

import type { NodeFacts as _uvs_v1_NodeFacts, NodeFacts__Output as _uvs_v1_NodeFacts__Output } from '../../uvs/v1/NodeFacts.ts';
import type { NodeState as _uvs_v1_NodeState, NodeState__Output as _uvs_v1_NodeState__Output } from '../../uvs/v1/NodeState.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Node {
  'name'?: (string);
  'uid'?: (string);
  'hostname'?: (string);
  'addresses'?: (string)[];
  'roles'?: (string)[];
  'labels'?: ({[key: string]: string});
  'facts'?: (_uvs_v1_NodeFacts | null);
  'state'?: (_uvs_v1_NodeState);
  'stateMessage'?: (string);
  'cordonReason'?: (string);
  'enrolTime'?: (_google_protobuf_Timestamp | null);
  'lastSeenTime'?: (_google_protobuf_Timestamp | null);
  'rolesUnaccepted'?: (boolean);
  'acceptedRoles'?: (string)[];
  'packageRootVersion'?: (number);
  'packageRootMessage'?: (string);
}

export interface Node__Output {
  'name': (string);
  'uid': (string);
  'hostname': (string);
  'addresses': (string)[];
  'roles': (string)[];
  'labels': ({[key: string]: string});
  'facts': (_uvs_v1_NodeFacts__Output | null);
  'state': (_uvs_v1_NodeState__Output);
  'stateMessage': (string);
  'cordonReason': (string);
  'enrolTime': (_google_protobuf_Timestamp__Output | null);
  'lastSeenTime': (_google_protobuf_Timestamp__Output | null);
  'rolesUnaccepted': (boolean);
  'acceptedRoles': (string)[];
  'packageRootVersion': (number);
  'packageRootMessage': (string);
}
