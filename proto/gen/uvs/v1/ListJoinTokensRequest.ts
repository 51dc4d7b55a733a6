// Original file: proto/uvs/v1/access.proto


export interface ListJoinTokensRequest {
}

export interface ListJoinTokensRequest__Output {
}
