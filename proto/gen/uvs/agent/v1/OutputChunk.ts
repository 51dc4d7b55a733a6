// Original file: proto/uvs/agent/v1/agent.proto


export interface OutputChunk {
  'requestId'?: (string);
  'text'?: (string);
  'last'?: (boolean);
}

export interface OutputChunk__Output {
  'requestId': (string);
  'text': (string);
  'last': (boolean);
}
