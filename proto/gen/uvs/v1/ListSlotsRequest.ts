// Original file: proto/uvs/v1/slot.proto


export interface ListSlotsRequest {
}

export interface ListSlotsRequest__Output {
}
