// Original file: proto/uvs/v1/node.proto


export interface AcceptRolesRequest {
  'name'?: (string);
  'roles'?: (string)[];
  'reason'?: (string);
  'requestId'?: (string);
}

export interface AcceptRolesRequest__Output {
  'name': (string);
  'roles': (string)[];
  'reason': (string);
  'requestId': (string);
}
