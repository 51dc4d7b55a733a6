// Original file: proto/uvs/v1/node.proto


export interface RemoveNodeResponse {
}

export interface RemoveNodeResponse__Output {
}
