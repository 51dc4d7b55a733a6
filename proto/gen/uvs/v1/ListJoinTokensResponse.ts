// Original file: proto/uvs/v1/access.proto

import type { JoinToken as _uvs_v1_JoinToken, JoinToken__Output as _uvs_v1_JoinToken__Output } from '../../uvs/v1/JoinToken.ts';

export interface ListJoinTokensResponse {
  'joinTokens'?: (_uvs_v1_JoinToken)[];
}

export interface ListJoinTokensResponse__Output {
  'joinTokens': (_uvs_v1_JoinToken__Output)[];
}
