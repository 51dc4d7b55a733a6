// Original file: proto/uvs/v1/cluster.proto


export interface GetClusterRequest {
}

export interface GetClusterRequest__Output {
}
