// Original file: proto/uvs/v1/package.proto


export interface DeletePackageResponse {
}

export interface DeletePackageResponse__Output {
}
