// Original file: proto/uvs/v1/limit.proto


export interface LimitRefusal {
  'unit'?: (string);
  'message'?: (string);
  'nodes'?: (number);
  'hostnames'?: (string)[];
}

export interface LimitRefusal__Output {
  'unit': (string);
  'message': (string);
  'nodes': (number);
  'hostnames': (string)[];
}
