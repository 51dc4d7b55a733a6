// Original file: proto/uvs/agent/v1/agent.proto


export interface PackageRoot {
  'rootChain'?: (Buffer | Uint8Array | string);
}

export interface PackageRoot__Output {
  'rootChain': (Buffer);
}
