// Original file: proto/uvs/agent/v1/agent.proto


export interface GetPackageKeyRequest {
  'packageDigest'?: (string);
  'operation'?: (string);
}

export interface GetPackageKeyRequest__Output {
  'packageDigest': (string);
  'operation': (string);
}
