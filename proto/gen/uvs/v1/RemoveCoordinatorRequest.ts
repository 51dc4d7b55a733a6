// Original file: proto/uvs/v1/cluster.proto


export interface RemoveCoordinatorRequest {
  'id'?: (string);
  'reason'?: (string);
  'requestId'?: (string);
}

export interface RemoveCoordinatorRequest__Output {
  'id': (string);
  'reason': (string);
  'requestId': (string);
}
