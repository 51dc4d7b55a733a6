// Original file: proto/uvs/v1/access.proto


export interface WithdrawCredentialRequest {
  'name'?: (string);
  'reason'?: (string);
}

export interface WithdrawCredentialRequest__Output {
  'name': (string);
  'reason': (string);
}
