// Original file: proto/uvs/v1/package.proto


export interface DeletePackageRequest {
  'name'?: (string);
  'requestId'?: (string);
}

export interface DeletePackageRequest__Output {
  'name': (string);
  'requestId': (string);
}
