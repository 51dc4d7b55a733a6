// Original file: proto/uvs/v1/limit.proto

import type { NodeLimits as _uvs_v1_NodeLimits, NodeLimits__Output as _uvs_v1_NodeLimits__Output } from '../../uvs/v1/NodeLimits.ts';

export interface ListNodeLimitsResponse {
  'nodes'?: (_uvs_v1_NodeLimits)[];
  'nextPageToken'?: (string);
}

export interface ListNodeLimitsResponse__Output {
  'nodes': (_uvs_v1_NodeLimits__Output)[];
  'nextPageToken': (string);
}
