// Original file: proto/uvs/v1/cluster.proto


export interface SetBudgetRequest {
  'scope'?: (string);
  'nodes'?: (number);
  'reason'?: (string);
  'requestId'?: (string);
}

export interface SetBudgetRequest__Output {
  'scope': (string);
  'nodes': (number);
  'reason': (string);
  'requestId': (string);
}
