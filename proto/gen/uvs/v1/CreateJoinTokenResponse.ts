// Original file: proto/uvs/v1/access.proto

import type { JoinToken as _uvs_v1_JoinToken, JoinToken__Output as _uvs_v1_JoinToken__Output } from '../../uvs/v1/JoinToken.ts';

export interface CreateJoinTokenResponse {
  'joinToken'?: (_uvs_v1_JoinToken | null);
  'token'?: (string);
}

export interface CreateJoinTokenResponse__Output {
  'joinToken': (_uvs_v1_JoinToken__Output | null);
  'token': (string);
}
