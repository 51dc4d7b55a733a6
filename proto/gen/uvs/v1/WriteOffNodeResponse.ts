// Original file: proto/uvs/v1/node.proto


export interface WriteOffNodeResponse {
}

export interface WriteOffNodeResponse__Output {
}
