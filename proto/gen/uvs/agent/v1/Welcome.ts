// Original file: proto/uvs/agent/v1/agent.proto


export interface Welcome {
  'heartbeatIntervalMs'?: (number);
  'epoch'?: (string);
  'httpsAddresses'?: (string)[];
  'coordinators'?: (string)[];
}

export interface Welcome__Output {
  'heartbeatIntervalMs': (number);
  'epoch': (string);
  'httpsAddresses': (string)[];
  'coordinators': (string)[];
}
