// Original file: proto/uvs/v1/access.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CreateJoinTokenRequest as _uvs_v1_CreateJoinTokenRequest, CreateJoinTokenRequest__Output as _uvs_v1_CreateJoinTokenRequest__Output } from '../../uvs/v1/CreateJoinTokenRequest.ts';
import type { CreateJoinTokenResponse as _uvs_v1_CreateJoinTokenResponse, CreateJoinTokenResponse__Output as _uvs_v1_CreateJoinTokenResponse__Output } from '../../uvs/v1/CreateJoinTokenResponse.ts';
import type { EnrolRequest as _uvs_v1_EnrolRequest, EnrolRequest__Output as _uvs_v1_EnrolRequest__Output } from '../../uvs/v1/EnrolRequest.ts';
import type { EnrolResponse as _uvs_v1_EnrolResponse, EnrolResponse__Output as _uvs_v1_EnrolResponse__Output } from '../../uvs/v1/EnrolResponse.ts';
import type { ListJoinTokensRequest as _uvs_v1_ListJoinTokensRequest, ListJoinTokensRequest__Output as _uvs_v1_ListJoinTokensRequest__Output } from '../../uvs/v1/ListJoinTokensRequest.ts';
import type { ListJoinTokensResponse as _uvs_v1_ListJoinTokensResponse, ListJoinTokensResponse__Output as _uvs_v1_ListJoinTokensResponse__Output } from '../../uvs/v1/ListJoinTokensResponse.ts';
import type { RevokeJoinTokenRequest as _uvs_v1_RevokeJoinTokenRequest, RevokeJoinTokenRequest__Output as _uvs_v1_RevokeJoinTokenRequest__Output } from '../../uvs/v1/RevokeJoinTokenRequest.ts';
import type { RevokeJoinTokenResponse as _uvs_v1_RevokeJoinTokenResponse, RevokeJoinTokenResponse__Output as _uvs_v1_RevokeJoinTokenResponse__Output } from '../../uvs/v1/RevokeJoinTokenResponse.ts';

export interface EnrolmentServiceClient extends grpc.Client {
  CreateJoinToken(argument: _uvs_v1_CreateJoinTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  CreateJoinToken(argument: _uvs_v1_CreateJoinTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_CreateJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  CreateJoinToken(argument: _uvs_v1_CreateJoinTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  CreateJoinToken(argument: _uvs_v1_CreateJoinTokenRequest, callback: grpc.requestCallback<_uvs_v1_CreateJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  createJoinToken(argument: _uvs_v1_CreateJoinTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  createJoinToken(argument: _uvs_v1_CreateJoinTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_CreateJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  createJoinToken(argument: _uvs_v1_CreateJoinTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  createJoinToken(argument: _uvs_v1_CreateJoinTokenRequest, callback: grpc.requestCallback<_uvs_v1_CreateJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  
  Enrol(argument: _uvs_v1_EnrolRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  Enrol(argument: _uvs_v1_EnrolRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  Enrol(argument: _uvs_v1_EnrolRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  Enrol(argument: _uvs_v1_EnrolRequest, callback: grpc.requestCallback<_uvs_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  enrol(argument: _uvs_v1_EnrolRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  enrol(argument: _uvs_v1_EnrolRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  enrol(argument: _uvs_v1_EnrolRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  enrol(argument: _uvs_v1_EnrolRequest, callback: grpc.requestCallback<_uvs_v1_EnrolResponse__Output>): grpc.ClientUnaryCall;
  
  ListJoinTokens(argument: _uvs_v1_ListJoinTokensRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  ListJoinTokens(argument: _uvs_v1_ListJoinTokensRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  ListJoinTokens(argument: _uvs_v1_ListJoinTokensRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  ListJoinTokens(argument: _uvs_v1_ListJoinTokensRequest, callback: grpc.requestCallback<_uvs_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  listJoinTokens(argument: _uvs_v1_ListJoinTokensRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  listJoinTokens(argument: _uvs_v1_ListJoinTokensRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  listJoinTokens(argument: _uvs_v1_ListJoinTokensRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  listJoinTokens(argument: _uvs_v1_ListJoinTokensRequest, callback: grpc.requestCallback<_uvs_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  
  RevokeJoinToken(argument: _uvs_v1_RevokeJoinTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RevokeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  RevokeJoinToken(argument: _uvs_v1_RevokeJoinTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_RevokeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  RevokeJoinToken(argument: _uvs_v1_RevokeJoinTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RevokeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  RevokeJoinToken(argument: _uvs_v1_RevokeJoinTokenRequest, callback: grpc.requestCallback<_uvs_v1_RevokeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  revokeJoinToken(argument: _uvs_v1_RevokeJoinTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RevokeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  revokeJoinToken(argument: _uvs_v1_RevokeJoinTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_RevokeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  revokeJoinToken(argument: _uvs_v1_RevokeJoinTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RevokeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  revokeJoinToken(argument: _uvs_v1_RevokeJoinTokenRequest, callback: grpc.requestCallback<_uvs_v1_RevokeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface EnrolmentServiceHandlers extends grpc.UntypedServiceImplementation {
  CreateJoinToken: grpc.handleUnaryCall<_uvs_v1_CreateJoinTokenRequest__Output, _uvs_v1_CreateJoinTokenResponse>;
  
  Enrol: grpc.handleUnaryCall<_uvs_v1_EnrolRequest__Output, _uvs_v1_EnrolResponse>;
  
  ListJoinTokens: grpc.handleUnaryCall<_uvs_v1_ListJoinTokensRequest__Output, _uvs_v1_ListJoinTokensResponse>;
  
  RevokeJoinToken: grpc.handleUnaryCall<_uvs_v1_RevokeJoinTokenRequest__Output, _uvs_v1_RevokeJoinTokenResponse>;
  
}

export interface EnrolmentServiceDefinition extends grpc.ServiceDefinition {
  CreateJoinToken: MethodDefinition<_uvs_v1_CreateJoinTokenRequest, _uvs_v1_CreateJoinTokenResponse, _uvs_v1_CreateJoinTokenRequest__Output, _uvs_v1_CreateJoinTokenResponse__Output>
  Enrol: MethodDefinition<_uvs_v1_EnrolRequest, _uvs_v1_EnrolResponse, _uvs_v1_EnrolRequest__Output, _uvs_v1_EnrolResponse__Output>
  ListJoinTokens: MethodDefinition<_uvs_v1_ListJoinTokensRequest, _uvs_v1_ListJoinTokensResponse, _uvs_v1_ListJoinTokensRequest__Output, _uvs_v1_ListJoinTokensResponse__Output>
  RevokeJoinToken: MethodDefinition<_uvs_v1_RevokeJoinTokenRequest, _uvs_v1_RevokeJoinTokenResponse, _uvs_v1_RevokeJoinTokenRequest__Output, _uvs_v1_RevokeJoinTokenResponse__Output>
}
