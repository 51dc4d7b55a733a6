// Original file: proto/uvs/v1/package.proto


export interface CheckPackageRootRequest {
  'rootChain'?: (Buffer | Uint8Array | string);
}

export interface CheckPackageRootRequest__Output {
  'rootChain': (Buffer);
}
