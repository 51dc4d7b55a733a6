// Original file: proto/uvs/agent/v1/agent.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BeginRequest as _uvs_agent_v1_BeginRequest, BeginRequest__Output as _uvs_agent_v1_BeginRequest__Output } from '../../../uvs/agent/v1/BeginRequest.ts';
import type { BeginResponse as _uvs_agent_v1_BeginResponse, BeginResponse__Output as _uvs_agent_v1_BeginResponse__Output } from '../../../uvs/agent/v1/BeginResponse.ts';
import type { ConfirmTokenRequest as _uvs_agent_v1_ConfirmTokenRequest, ConfirmTokenRequest__Output as _uvs_agent_v1_ConfirmTokenRequest__Output } from '../../../uvs/agent/v1/ConfirmTokenRequest.ts';
import type { ConfirmTokenResponse as _uvs_agent_v1_ConfirmTokenResponse, ConfirmTokenResponse__Output as _uvs_agent_v1_ConfirmTokenResponse__Output } from '../../../uvs/agent/v1/ConfirmTokenResponse.ts';
import type { GetPackageKeyRequest as _uvs_agent_v1_GetPackageKeyRequest, GetPackageKeyRequest__Output as _uvs_agent_v1_GetPackageKeyRequest__Output } from '../../../uvs/agent/v1/GetPackageKeyRequest.ts';
import type { GetPackageKeyResponse as _uvs_agent_v1_GetPackageKeyResponse, GetPackageKeyResponse__Output as _uvs_agent_v1_GetPackageKeyResponse__Output } from '../../../uvs/agent/v1/GetPackageKeyResponse.ts';
import type { JudgeHealthRequest as _uvs_agent_v1_JudgeHealthRequest, JudgeHealthRequest__Output as _uvs_agent_v1_JudgeHealthRequest__Output } from '../../../uvs/agent/v1/JudgeHealthRequest.ts';
import type { JudgeHealthResponse as _uvs_agent_v1_JudgeHealthResponse, JudgeHealthResponse__Output as _uvs_agent_v1_JudgeHealthResponse__Output } from '../../../uvs/agent/v1/JudgeHealthResponse.ts';
import type { ReportEndedRequest as _uvs_agent_v1_ReportEndedRequest, ReportEndedRequest__Output as _uvs_agent_v1_ReportEndedRequest__Output } from '../../../uvs/agent/v1/ReportEndedRequest.ts';
import type { ReportEndedResponse as _uvs_agent_v1_ReportEndedResponse, ReportEndedResponse__Output as _uvs_agent_v1_ReportEndedResponse__Output } from '../../../uvs/agent/v1/ReportEndedResponse.ts';
import type { SessionRequest as _uvs_agent_v1_SessionRequest, SessionRequest__Output as _uvs_agent_v1_SessionRequest__Output } from '../../../uvs/agent/v1/SessionRequest.ts';
import type { SessionResponse as _uvs_agent_v1_SessionResponse, SessionResponse__Output as _uvs_agent_v1_SessionResponse__Output } from '../../../uvs/agent/v1/SessionResponse.ts';

export interface AgentServiceClient extends grpc.Client {
  Begin(argument: _uvs_agent_v1_BeginRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_BeginResponse__Output>): grpc.ClientUnaryCall;
  Begin(argument: _uvs_agent_v1_BeginRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_agent_v1_BeginResponse__Output>): grpc.ClientUnaryCall;
  Begin(argument: _uvs_agent_v1_BeginRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_BeginResponse__Output>): grpc.ClientUnaryCall;
  Begin(argument: _uvs_agent_v1_BeginRequest, callback: grpc.requestCallback<_uvs_agent_v1_BeginResponse__Output>): grpc.ClientUnaryCall;
  begin(argument: _uvs_agent_v1_BeginRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_BeginResponse__Output>): grpc.ClientUnaryCall;
  begin(argument: _uvs_agent_v1_BeginRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_agent_v1_BeginResponse__Output>): grpc.ClientUnaryCall;
  begin(argument: _uvs_agent_v1_BeginRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_BeginResponse__Output>): grpc.ClientUnaryCall;
  begin(argument: _uvs_agent_v1_BeginRequest, callback: grpc.requestCallback<_uvs_agent_v1_BeginResponse__Output>): grpc.ClientUnaryCall;
  
  ConfirmToken(argument: _uvs_agent_v1_ConfirmTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_ConfirmTokenResponse__Output>): grpc.ClientUnaryCall;
  ConfirmToken(argument: _uvs_agent_v1_ConfirmTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_agent_v1_ConfirmTokenResponse__Output>): grpc.ClientUnaryCall;
  ConfirmToken(argument: _uvs_agent_v1_ConfirmTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_ConfirmTokenResponse__Output>): grpc.ClientUnaryCall;
  ConfirmToken(argument: _uvs_agent_v1_ConfirmTokenRequest, callback: grpc.requestCallback<_uvs_agent_v1_ConfirmTokenResponse__Output>): grpc.ClientUnaryCall;
  confirmToken(argument: _uvs_agent_v1_ConfirmTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_ConfirmTokenResponse__Output>): grpc.ClientUnaryCall;
  confirmToken(argument: _uvs_agent_v1_ConfirmTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_agent_v1_ConfirmTokenResponse__Output>): grpc.ClientUnaryCall;
  confirmToken(argument: _uvs_agent_v1_ConfirmTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_ConfirmTokenResponse__Output>): grpc.ClientUnaryCall;
  confirmToken(argument: _uvs_agent_v1_ConfirmTokenRequest, callback: grpc.requestCallback<_uvs_agent_v1_ConfirmTokenResponse__Output>): grpc.ClientUnaryCall;
  
  GetPackageKey(argument: _uvs_agent_v1_GetPackageKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_GetPackageKeyResponse__Output>): grpc.ClientUnaryCall;
  GetPackageKey(argument: _uvs_agent_v1_GetPackageKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_agent_v1_GetPackageKeyResponse__Output>): grpc.ClientUnaryCall;
  GetPackageKey(argument: _uvs_agent_v1_GetPackageKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_GetPackageKeyResponse__Output>): grpc.ClientUnaryCall;
  GetPackageKey(argument: _uvs_agent_v1_GetPackageKeyRequest, callback: grpc.requestCallback<_uvs_agent_v1_GetPackageKeyResponse__Output>): grpc.ClientUnaryCall;
  getPackageKey(argument: _uvs_agent_v1_GetPackageKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_GetPackageKeyResponse__Output>): grpc.ClientUnaryCall;
  getPackageKey(argument: _uvs_agent_v1_GetPackageKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_agent_v1_GetPackageKeyResponse__Output>): grpc.ClientUnaryCall;
  getPackageKey(argument: _uvs_agent_v1_GetPackageKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_GetPackageKeyResponse__Output>): grpc.ClientUnaryCall;
  getPackageKey(argument: _uvs_agent_v1_GetPackageKeyRequest, callback: grpc.requestCallback<_uvs_agent_v1_GetPackageKeyResponse__Output>): grpc.ClientUnaryCall;
  
  JudgeHealth(argument: _uvs_agent_v1_JudgeHealthRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_JudgeHealthResponse__Output>): grpc.ClientUnaryCall;
  JudgeHealth(argument: _uvs_agent_v1_JudgeHealthRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_agent_v1_JudgeHealthResponse__Output>): grpc.ClientUnaryCall;
  JudgeHealth(argument: _uvs_agent_v1_JudgeHealthRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_JudgeHealthResponse__Output>): grpc.ClientUnaryCall;
  JudgeHealth(argument: _uvs_agent_v1_JudgeHealthRequest, callback: grpc.requestCallback<_uvs_agent_v1_JudgeHealthResponse__Output>): grpc.ClientUnaryCall;
  judgeHealth(argument: _uvs_agent_v1_JudgeHealthRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_JudgeHealthResponse__Output>): grpc.ClientUnaryCall;
  judgeHealth(argument: _uvs_agent_v1_JudgeHealthRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_agent_v1_JudgeHealthResponse__Output>): grpc.ClientUnaryCall;
  judgeHealth(argument: _uvs_agent_v1_JudgeHealthRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_JudgeHealthResponse__Output>): grpc.ClientUnaryCall;
  judgeHealth(argument: _uvs_agent_v1_JudgeHealthRequest, callback: grpc.requestCallback<_uvs_agent_v1_JudgeHealthResponse__Output>): grpc.ClientUnaryCall;
  
  ReportEnded(argument: _uvs_agent_v1_ReportEndedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_ReportEndedResponse__Output>): grpc.ClientUnaryCall;
  ReportEnded(argument: _uvs_agent_v1_ReportEndedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_agent_v1_ReportEndedResponse__Output>): grpc.ClientUnaryCall;
  ReportEnded(argument: _uvs_agent_v1_ReportEndedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_ReportEndedResponse__Output>): grpc.ClientUnaryCall;
  ReportEnded(argument: _uvs_agent_v1_ReportEndedRequest, callback: grpc.requestCallback<_uvs_agent_v1_ReportEndedResponse__Output>): grpc.ClientUnaryCall;
  reportEnded(argument: _uvs_agent_v1_ReportEndedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_ReportEndedResponse__Output>): grpc.ClientUnaryCall;
  reportEnded(argument: _uvs_agent_v1_ReportEndedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_agent_v1_ReportEndedResponse__Output>): grpc.ClientUnaryCall;
  reportEnded(argument: _uvs_agent_v1_ReportEndedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_agent_v1_ReportEndedResponse__Output>): grpc.ClientUnaryCall;
  reportEnded(argument: _uvs_agent_v1_ReportEndedRequest, callback: grpc.requestCallback<_uvs_agent_v1_ReportEndedResponse__Output>): grpc.ClientUnaryCall;
  
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_uvs_agent_v1_SessionRequest, _uvs_agent_v1_SessionResponse__Output>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_uvs_agent_v1_SessionRequest, _uvs_agent_v1_SessionResponse__Output>;
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_uvs_agent_v1_SessionRequest, _uvs_agent_v1_SessionResponse__Output>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_uvs_agent_v1_SessionRequest, _uvs_agent_v1_SessionResponse__Output>;
  
}

export interface AgentServiceHandlers extends grpc.UntypedServiceImplementation {
  Begin: grpc.handleUnaryCall<_uvs_agent_v1_BeginRequest__Output, _uvs_agent_v1_BeginResponse>;
  
  ConfirmToken: grpc.handleUnaryCall<_uvs_agent_v1_ConfirmTokenRequest__Output, _uvs_agent_v1_ConfirmTokenResponse>;
  
  GetPackageKey: grpc.handleUnaryCall<_uvs_agent_v1_GetPackageKeyRequest__Output, _uvs_agent_v1_GetPackageKeyResponse>;
  
  JudgeHealth: grpc.handleUnaryCall<_uvs_agent_v1_JudgeHealthRequest__Output, _uvs_agent_v1_JudgeHealthResponse>;
  
  ReportEnded: grpc.handleUnaryCall<_uvs_agent_v1_ReportEndedRequest__Output, _uvs_agent_v1_ReportEndedResponse>;
  
  Session: grpc.handleBidiStreamingCall<_uvs_agent_v1_SessionRequest__Output, _uvs_agent_v1_SessionResponse>;
  
}

export interface AgentServiceDefinition extends grpc.ServiceDefinition {
  Begin: MethodDefinition<_uvs_agent_v1_BeginRequest, _uvs_agent_v1_BeginResponse, _uvs_agent_v1_BeginRequest__Output, _uvs_agent_v1_BeginResponse__Output>
  ConfirmToken: MethodDefinition<_uvs_agent_v1_ConfirmTokenRequest, _uvs_agent_v1_ConfirmTokenResponse, _uvs_agent_v1_ConfirmTokenRequest__Output, _uvs_agent_v1_ConfirmTokenResponse__Output>
  GetPackageKey: MethodDefinition<_uvs_agent_v1_GetPackageKeyRequest, _uvs_agent_v1_GetPackageKeyResponse, _uvs_agent_v1_GetPackageKeyRequest__Output, _uvs_agent_v1_GetPackageKeyResponse__Output>
  JudgeHealth: MethodDefinition<_uvs_agent_v1_JudgeHealthRequest, _uvs_agent_v1_JudgeHealthResponse, _uvs_agent_v1_JudgeHealthRequest__Output, _uvs_agent_v1_JudgeHealthResponse__Output>
  ReportEnded: MethodDefinition<_uvs_agent_v1_ReportEndedRequest, _uvs_agent_v1_ReportEndedResponse, _uvs_agent_v1_ReportEndedRequest__Output, _uvs_agent_v1_ReportEndedResponse__Output>
  Session: MethodDefinition<_uvs_agent_v1_SessionRequest, _uvs_agent_v1_SessionResponse, _uvs_agent_v1_SessionRequest__Output, _uvs_agent_v1_SessionResponse__Output>
}
