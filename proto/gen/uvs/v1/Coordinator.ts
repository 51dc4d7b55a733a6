// Original file: proto/uvs/v1/cluster.proto


export interface Coordinator {
  'id'?: (string);
  'grpcAddress'?: (string);
  'httpsAddress'?: (string);
}

export interface Coordinator__Output {
  'id': (string);
  'grpcAddress': (string);
  'httpsAddress': (string);
}
