// Original file: proto/uvs/v1/package.proto


export interface GetPackageRootRequest {
}

export interface GetPackageRootRequest__Output {
}
