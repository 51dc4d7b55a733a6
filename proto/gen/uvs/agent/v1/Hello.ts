// Original file: proto/uvs/agent/v1/agent.proto

import type { NodeFacts as _uvs_v1_NodeFacts, NodeFacts__Output as _uvs_v1_NodeFacts__Output } from '../../../uvs/v1/NodeFacts.ts';
import type { OpenOperation as _uvs_agent_v1_OpenOperation, OpenOperation__Output as _uvs_agent_v1_OpenOperation__Output } from '../../../uvs/agent/v1/OpenOperation.ts';
import type { EndedOperation as _uvs_agent_v1_EndedOperation, EndedOperation__Output as _uvs_agent_v1_EndedOperation__Output } from '../../../uvs/agent/v1/EndedOperation.ts';
import type { RestartableUnits as _uvs_agent_v1_RestartableUnits, RestartableUnits__Output as _uvs_agent_v1_RestartableUnits__Output } from '../../../uvs/agent/v1/RestartableUnits.ts';
import type { Long } from '@grpc/proto-loader';

export interface Hello {
  'uid'?: (string);
  'hostname'?: (string);
  'addresses'?: (string)[];
  'roles'?: (string)[];
  'facts'?: (_uvs_v1_NodeFacts | null);
  'openOperations'?: (_uvs_agent_v1_OpenOperation)[];
  'instance'?: (string);
  'withdrawalsCounter'?: (number | string | Long);
  'endedOperations'?: (_uvs_agent_v1_EndedOperation)[];
  'packageRootVersion'?: (number);
  'takesLimits'?: (boolean);
  'restartableUnits'?: (_uvs_agent_v1_RestartableUnits | null);
  'takesSettings'?: (boolean);
  'answersLimits'?: (boolean);
}

export interface Hello__Output {
  'uid': (string);
  'hostname': (string);
  'addresses': (string)[];
  'roles': (string)[];
  'facts': (_uvs_v1_NodeFacts__Output | null);
  'openOperations': (_uvs_agent_v1_OpenOperation__Output)[];
  'instance': (string);
  'withdrawalsCounter': (string);
  'endedOperations': (_uvs_agent_v1_EndedOperation__Output)[];
  'packageRootVersion': (number);
  'takesLimits': (boolean);
  'restartableUnits': (_uvs_agent_v1_RestartableUnits__Output | null);
  'takesSettings': (boolean);
  'answersLimits': (boolean);
}
