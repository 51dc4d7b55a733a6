// Original file: proto/uvs/v1/access.proto


export interface EnrolResponse {
  'uid'?: (string);
  'certificate'?: (string);
  'authority'?: (string);
  'packageRoot'?: (Buffer | Uint8Array | string);
  'coordinators'?: (string)[];
  'packageRootChain'?: (Buffer | Uint8Array | string);
}

export interface EnrolResponse__Output {
  'uid': (string);
  'certificate': (string);
  'authority': (string);
  'packageRoot': (Buffer);
  'coordinators': (string)[];
  'packageRootChain': (Buffer);
}
