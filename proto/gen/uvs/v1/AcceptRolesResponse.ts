// Original file: proto/uvs/v1/node.proto

import type { Node as _uvs_v1_Node, Node__Output as _uvs_v1_Node__Output } from '../../uvs/v1/Node.ts';

export interface AcceptRolesResponse {
  'node'?: (_uvs_v1_Node | null);
}

export interface AcceptRolesResponse__Output {
  'node': (_uvs_v1_Node__Output | null);
}
