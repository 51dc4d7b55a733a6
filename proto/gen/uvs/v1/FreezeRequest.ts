// Original file: proto/uvs/v1/cluster.proto


export interface FreezeRequest {
  'reason'?: (string);
  'requestId'?: (string);
}

export interface FreezeRequest__Output {
  'reason': (string);
  'requestId': (string);
}
