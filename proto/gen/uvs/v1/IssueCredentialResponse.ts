// Original file: proto/uvs/v1/access.proto

import type { Credential as _uvs_v1_Credential, Credential__Output as _uvs_v1_Credential__Output } from '../../uvs/v1/Credential.ts';

export interface IssueCredentialResponse {
  'credential'?: (_uvs_v1_Credential | null);
  'certificate'?: (string);
  'authority'?: (string);
  'coordinators'?: (string)[];
}

export interface IssueCredentialResponse__Output {
  'credential': (_uvs_v1_Credential__Output | null);
  'certificate': (string);
  'authority': (string);
  'coordinators': (string)[];
}
