// Original file: proto/uvs/v1/access.proto


export interface EnrolRequest {
  'certificateRequest'?: (Buffer | Uint8Array | string);
  'hostname'?: (string);
  'roles'?: (string)[];
}

export interface EnrolRequest__Output {
  'certificateRequest': (Buffer);
  'hostname': (string);
  'roles': (string)[];
}
