// Original file: proto/uvs/v1/package.proto


export interface PackageTarget {
  'distroId'?: (string);
  'distroVersions'?: (string)[];
  'archs'?: (string)[];
  'boards'?: (string)[];
  'roles'?: (string)[];
}

export interface PackageTarget__Output {
  'distroId': (string);
  'distroVersions': (string)[];
  'archs': (string)[];
  'boards': (string)[];
  'roles': (string)[];
}
