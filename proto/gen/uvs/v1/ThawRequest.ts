// Original file: proto/uvs/v1/cluster.proto


export interface ThawRequest {
  'requestId'?: (string);
  'reason'?: (string);
}

export interface ThawRequest__Output {
  'requestId': (string);
  'reason': (string);
}
