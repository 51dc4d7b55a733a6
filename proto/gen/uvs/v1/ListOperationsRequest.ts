// Original file: proto/uvs/v1/operation.proto


export interface ListOperationsRequest {
  'pageSize'?: (number);
  'pageToken'?: (string);
  'node'?: (string);
}

export interface ListOperationsRequest__Output {
  'pageSize': (number);
  'pageToken': (string);
  'node': (string);
}
