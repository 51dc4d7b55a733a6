// Original file: proto/uvs/v1/access.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetCredentialRequest as _uvs_v1_GetCredentialRequest, GetCredentialRequest__Output as _uvs_v1_GetCredentialRequest__Output } from '../../uvs/v1/GetCredentialRequest.ts';
import type { GetCredentialResponse as _uvs_v1_GetCredentialResponse, GetCredentialResponse__Output as _uvs_v1_GetCredentialResponse__Output } from '../../uvs/v1/GetCredentialResponse.ts';
import type { IssueCredentialRequest as _uvs_v1_IssueCredentialRequest, IssueCredentialRequest__Output as _uvs_v1_IssueCredentialRequest__Output } from '../../uvs/v1/IssueCredentialRequest.ts';
import type { IssueCredentialResponse as _uvs_v1_IssueCredentialResponse, IssueCredentialResponse__Output as _uvs_v1_IssueCredentialResponse__Output } from '../../uvs/v1/IssueCredentialResponse.ts';
import type { ListCredentialsRequest as _uvs_v1_ListCredentialsRequest, ListCredentialsRequest__Output as _uvs_v1_ListCredentialsRequest__Output } from '../../uvs/v1/ListCredentialsRequest.ts';
import type { ListCredentialsResponse as _uvs_v1_ListCredentialsResponse, ListCredentialsResponse__Output as _uvs_v1_ListCredentialsResponse__Output } from '../../uvs/v1/ListCredentialsResponse.ts';
import type { WithdrawCredentialRequest as _uvs_v1_WithdrawCredentialRequest, WithdrawCredentialRequest__Output as _uvs_v1_WithdrawCredentialRequest__Output } from '../../uvs/v1/WithdrawCredentialRequest.ts';
import type { WithdrawCredentialResponse as _uvs_v1_WithdrawCredentialResponse, WithdrawCredentialResponse__Output as _uvs_v1_WithdrawCredentialResponse__Output } from '../../uvs/v1/WithdrawCredentialResponse.ts';

export interface AccessServiceClient extends grpc.Client {
  GetCredential(argument: _uvs_v1_GetCredentialRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetCredentialResponse__Output>): grpc.ClientUnaryCall;
  GetCredential(argument: _uvs_v1_GetCredentialRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetCredentialResponse__Output>): grpc.ClientUnaryCall;
  GetCredential(argument: _uvs_v1_GetCredentialRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetCredentialResponse__Output>): grpc.ClientUnaryCall;
  GetCredential(argument: _uvs_v1_GetCredentialRequest, callback: grpc.requestCallback<_uvs_v1_GetCredentialResponse__Output>): grpc.ClientUnaryCall;
  getCredential(argument: _uvs_v1_GetCredentialRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetCredentialResponse__Output>): grpc.ClientUnaryCall;
  getCredential(argument: _uvs_v1_GetCredentialRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetCredentialResponse__Output>): grpc.ClientUnaryCall;
  getCredential(argument: _uvs_v1_GetCredentialRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetCredentialResponse__Output>): grpc.ClientUnaryCall;
  getCredential(argument: _uvs_v1_GetCredentialRequest, callback: grpc.requestCallback<_uvs_v1_GetCredentialResponse__Output>): grpc.ClientUnaryCall;
  
  IssueCredential(argument: _uvs_v1_IssueCredentialRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_IssueCredentialResponse__Output>): grpc.ClientUnaryCall;
  IssueCredential(argument: _uvs_v1_IssueCredentialRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_IssueCredentialResponse__Output>): grpc.ClientUnaryCall;
  IssueCredential(argument: _uvs_v1_IssueCredentialRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_IssueCredentialResponse__Output>): grpc.ClientUnaryCall;
  IssueCredential(argument: _uvs_v1_IssueCredentialRequest, callback: grpc.requestCallback<_uvs_v1_IssueCredentialResponse__Output>): grpc.ClientUnaryCall;
  issueCredential(argument: _uvs_v1_IssueCredentialRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_IssueCredentialResponse__Output>): grpc.ClientUnaryCall;
  issueCredential(argument: _uvs_v1_IssueCredentialRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_IssueCredentialResponse__Output>): grpc.ClientUnaryCall;
  issueCredential(argument: _uvs_v1_IssueCredentialRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_IssueCredentialResponse__Output>): grpc.ClientUnaryCall;
  issueCredential(argument: _uvs_v1_IssueCredentialRequest, callback: grpc.requestCallback<_uvs_v1_IssueCredentialResponse__Output>): grpc.ClientUnaryCall;
  
  ListCredentials(argument: _uvs_v1_ListCredentialsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListCredentialsResponse__Output>): grpc.ClientUnaryCall;
  ListCredentials(argument: _uvs_v1_ListCredentialsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListCredentialsResponse__Output>): grpc.ClientUnaryCall;
  ListCredentials(argument: _uvs_v1_ListCredentialsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListCredentialsResponse__Output>): grpc.ClientUnaryCall;
  ListCredentials(argument: _uvs_v1_ListCredentialsRequest, callback: grpc.requestCallback<_uvs_v1_ListCredentialsResponse__Output>): grpc.ClientUnaryCall;
  listCredentials(argument: _uvs_v1_ListCredentialsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListCredentialsResponse__Output>): grpc.ClientUnaryCall;
  listCredentials(argument: _uvs_v1_ListCredentialsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListCredentialsResponse__Output>): grpc.ClientUnaryCall;
  listCredentials(argument: _uvs_v1_ListCredentialsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListCredentialsResponse__Output>): grpc.ClientUnaryCall;
  listCredentials(argument: _uvs_v1_ListCredentialsRequest, callback: grpc.requestCallback<_uvs_v1_ListCredentialsResponse__Output>): grpc.ClientUnaryCall;
  
  WithdrawCredential(argument: _uvs_v1_WithdrawCredentialRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_WithdrawCredentialResponse__Output>): grpc.ClientUnaryCall;
  WithdrawCredential(argument: _uvs_v1_WithdrawCredentialRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_WithdrawCredentialResponse__Output>): grpc.ClientUnaryCall;
  WithdrawCredential(argument: _uvs_v1_WithdrawCredentialRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_WithdrawCredentialResponse__Output>): grpc.ClientUnaryCall;
  WithdrawCredential(argument: _uvs_v1_WithdrawCredentialRequest, callback: grpc.requestCallback<_uvs_v1_WithdrawCredentialResponse__Output>): grpc.ClientUnaryCall;
  withdrawCredential(argument: _uvs_v1_WithdrawCredentialRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_WithdrawCredentialResponse__Output>): grpc.ClientUnaryCall;
  withdrawCredential(argument: _uvs_v1_WithdrawCredentialRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_WithdrawCredentialResponse__Output>): grpc.ClientUnaryCall;
  withdrawCredential(argument: _uvs_v1_WithdrawCredentialRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_WithdrawCredentialResponse__Output>): grpc.ClientUnaryCall;
  withdrawCredential(argument: _uvs_v1_WithdrawCredentialRequest, callback: grpc.requestCallback<_uvs_v1_WithdrawCredentialResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface AccessServiceHandlers extends grpc.UntypedServiceImplementation {
  GetCredential: grpc.handleUnaryCall<_uvs_v1_GetCredentialRequest__Output, _uvs_v1_GetCredentialResponse>;
  
  IssueCredential: grpc.handleUnaryCall<_uvs_v1_IssueCredentialRequest__Output, _uvs_v1_IssueCredentialResponse>;
  
  ListCredentials: grpc.handleUnaryCall<_uvs_v1_ListCredentialsRequest__Output, _uvs_v1_ListCredentialsResponse>;
  
  WithdrawCredential: grpc.handleUnaryCall<_uvs_v1_WithdrawCredentialRequest__Output, _uvs_v1_WithdrawCredentialResponse>;
  
}

export interface AccessServiceDefinition extends grpc.ServiceDefinition {
  GetCredential: MethodDefinition<_uvs_v1_GetCredentialRequest, _uvs_v1_GetCredentialResponse, _uvs_v1_GetCredentialRequest__Output, _uvs_v1_GetCredentialResponse__Output>
  IssueCredential: MethodDefinition<_uvs_v1_IssueCredentialRequest, _uvs_v1_IssueCredentialResponse, _uvs_v1_IssueCredentialRequest__Output, _uvs_v1_IssueCredentialResponse__Output>
  ListCredentials: MethodDefinition<_uvs_v1_ListCredentialsRequest, _uvs_v1_ListCredentialsResponse, _uvs_v1_ListCredentialsRequest__Output, _uvs_v1_ListCredentialsResponse__Output>
  WithdrawCredential: MethodDefinition<_uvs_v1_WithdrawCredentialRequest, _uvs_v1_WithdrawCredentialResponse, _uvs_v1_WithdrawCredentialRequest__Output, _uvs_v1_WithdrawCredentialResponse__Output>
}
