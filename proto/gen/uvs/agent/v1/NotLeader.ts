// Original file: proto/uvs/agent/v1/agent.proto


export interface NotLeader {
  'leaderGrpcAddress'?: (string);
}

export interface NotLeader__Output {
  'leaderGrpcAddress': (string);
}
