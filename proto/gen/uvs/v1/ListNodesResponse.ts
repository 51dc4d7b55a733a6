// Original file: proto/uvs/v1/node.proto

import type { Node as _uvs_v1_Node, Node__Output as _uvs_v1_Node__Output } from '../../uvs/v1/Node.ts';

export interface ListNodesResponse {
  'nodes'?: (_uvs_v1_Node)[];
  'nextPageToken'?: (string);
}

export interface ListNodesResponse__Output {
  'nodes': (_uvs_v1_Node__Output)[];
  'nextPageToken': (string);
}
