// Original file: proto/uvs/v1/slot.proto


export interface ListGatesRequest {
}

export interface ListGatesRequest__Output {
}
