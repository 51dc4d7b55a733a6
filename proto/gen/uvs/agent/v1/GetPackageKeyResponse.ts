// Original file: proto/uvs/agent/v1/agent.proto


export interface GetPackageKeyResponse {
  'contentKey'?: (Buffer | Uint8Array | string);
}

export interface GetPackageKeyResponse__Output {
  'contentKey': (Buffer);
}
