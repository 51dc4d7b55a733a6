// Original file: proto/uvs/v1/access.proto


export interface GetCredentialRequest {
  'name'?: (string);
}

export interface GetCredentialRequest__Output {
  'name': (string);
}
