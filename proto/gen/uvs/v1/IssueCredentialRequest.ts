// Original file: proto/uvs/v1/access.proto


export interface IssueCredentialRequest {
  'user'?: (string);
  'role'?: (string);
  'certificateRequest'?: (Buffer | Uint8Array | string);
}

export interface IssueCredentialRequest__Output {
  'user': (string);
  'role': (string);
  'certificateRequest': (Buffer);
}
