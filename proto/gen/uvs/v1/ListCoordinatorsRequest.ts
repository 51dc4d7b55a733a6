// Original file: proto/uvs/v1/cluster.proto


export interface ListCoordinatorsRequest {
}

export interface ListCoordinatorsRequest__Output {
}
