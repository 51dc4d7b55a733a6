// Original file: proto/uvs/v1/slot.proto


export interface GetSlotRequest {
  'name'?: (string);
}

export interface GetSlotRequest__Output {
  'name': (string);
}
