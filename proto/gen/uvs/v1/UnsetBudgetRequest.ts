// Original file: proto/uvs/v1/cluster.proto


export interface UnsetBudgetRequest {
  'scope'?: (string);
  'reason'?: (string);
  'requestId'?: (string);
}

export interface UnsetBudgetRequest__Output {
  'scope': (string);
  'reason': (string);
  'requestId': (string);
}
