// Original file: proto/uvs/v1/package.proto


export interface ListPackagesRequest {
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListPackagesRequest__Output {
  'pageSize': (number);
  'pageToken': (string);
}
