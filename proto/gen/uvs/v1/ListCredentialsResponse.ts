// Original file: proto/uvs/v1/access.proto

import type { Credential as _uvs_v1_Credential, Credential__Output as _uvs_v1_Credential__Output } from '../../uvs/v1/Credential.ts';

export interface ListCredentialsResponse {
  'credentials'?: (_uvs_v1_Credential)[];
  'nextPageToken'?: (string);
}

export interface ListCredentialsResponse__Output {
  'credentials': (_uvs_v1_Credential__Output)[];
  'nextPageToken': (string);
}
