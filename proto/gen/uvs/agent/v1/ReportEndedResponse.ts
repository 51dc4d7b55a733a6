// Original file: proto/uvs/agent/v1/agent.proto


export interface ReportEndedResponse {
}

export interface ReportEndedResponse__Output {
}
