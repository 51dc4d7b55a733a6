// Original file: proto/uvs/v1/cluster.proto


export interface ListEventsRequest {
  'pageSize'?: (number);
  'pageToken'?: (string);
  'resource'?: (string);
}

export interface ListEventsRequest__Output {
  'pageSize': (number);
  'pageToken': (string);
  'resource': (string);
}
