// Original file: proto/uvs/v1/package.proto


export interface PackageSigner {
  'keyId'?: (string);
  'roles'?: (string)[];
}

export interface PackageSigner__Output {
  'keyId': (string);
  'roles': (string)[];
}
