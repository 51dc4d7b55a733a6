// Original file: proto/uvs/v1/package.proto


export interface RaisePackageRootRequest {
  'rootChain'?: (Buffer | Uint8Array | string);
  'reason'?: (string);
  'requestId'?: (string);
}

export interface RaisePackageRootRequest__Output {
  'rootChain': (Buffer);
  'reason': (string);
  'requestId': (string);
}
