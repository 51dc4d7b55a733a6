// Original file: proto/uvs/v1/package.proto


export interface GetPackageRequest {
  'name'?: (string);
}

export interface GetPackageRequest__Output {
  'name': (string);
}
