// Original file: proto/uvs/agent/v1/agent.proto

import type { NodeFacts as _uvs_v1_NodeFacts, NodeFacts__Output as _uvs_v1_NodeFacts__Output } from '../../../uvs/v1/NodeFacts.ts';

export interface Heartbeat {
  'facts'?: (_uvs_v1_NodeFacts | null);
  'failedServices'?: (string)[];
  'packageRootVersion'?: (number);
}

export interface Heartbeat__Output {
  'facts': (_uvs_v1_NodeFacts__Output | null);
  'failedServices': (string)[];
  'packageRootVersion': (number);
}
