// Original file: proto/uvs/v1/setting.proto


export interface ListSettingsRequest {
}

export interface ListSettingsRequest__Output {
}
