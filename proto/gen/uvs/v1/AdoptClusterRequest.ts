// Original file: proto/uvs/v1/cluster.proto


export interface AdoptClusterRequest {
  'reason'?: (string);
  'requestId'?: (string);
}

export interface AdoptClusterRequest__Output {
  'reason': (string);
  'requestId': (string);
}
