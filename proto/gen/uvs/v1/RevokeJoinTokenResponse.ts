// Original file: proto/uvs/v1/access.proto


export interface RevokeJoinTokenResponse {
}

export interface RevokeJoinTokenResponse__Output {
}
