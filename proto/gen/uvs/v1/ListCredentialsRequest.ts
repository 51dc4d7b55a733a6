// Original file: proto/uvs/v1/access.proto


export interface ListCredentialsRequest {
  'pageSize'?: (number);
  'pageToken'?: (string);
}

export interface ListCredentialsRequest__Output {
  'pageSize': (number);
  'pageToken': (string);
}
