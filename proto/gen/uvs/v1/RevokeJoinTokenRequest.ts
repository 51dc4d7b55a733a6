// Original file: proto/uvs/v1/access.proto


export interface RevokeJoinTokenRequest {
  'name'?: (string);
}

export interface RevokeJoinTokenRequest__Output {
  'name': (string);
}
