// Original file: proto/uvs/v1/rollout.proto


export interface Reboot {
}

export interface Reboot__Output {
}
