// Original file: proto/uvs/v1/access.proto

import type { Credential as _uvs_v1_Credential, Credential__Output as _uvs_v1_Credential__Output } from '../../uvs/v1/Credential.ts';

export interface GetCredentialResponse {
  'credential'?: (_uvs_v1_Credential | null);
}

export interface GetCredentialResponse__Output {
  'credential': (_uvs_v1_Credential__Output | null);
}
