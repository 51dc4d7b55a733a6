// Original file: proto/uvs/v1/slot.proto


export interface ReleaseSlotRequest {
  'name'?: (string);
  'reason'?: (string);
  'force'?: (boolean);
  'nodeIsPoweredOff'?: (boolean);
  'requestId'?: (string);
}

export interface ReleaseSlotRequest__Output {
  'name': (string);
  'reason': (string);
  'force': (boolean);
  'nodeIsPoweredOff': (boolean);
  'requestId': (string);
}
