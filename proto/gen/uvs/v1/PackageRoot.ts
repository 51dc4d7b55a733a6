// Original file: proto/uvs/v1/package.proto


export interface PackageRoot {
  'version'?: (number);
  'sha256'?: (string);
  'rootChain'?: (Buffer | Uint8Array | string);
  'nodesBehind'?: (string)[];
}

export interface PackageRoot__Output {
  'version': (number);
  'sha256': (string);
  'rootChain': (Buffer);
  'nodesBehind': (string)[];
}
