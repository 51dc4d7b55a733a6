// Original file: proto/uvs/v1/limit.proto


export interface ListLimitsRequest {
}

export interface ListLimitsRequest__Output {
}
