// Original file: proto/uvs/v1/operation.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetOperationRequest as _uvs_v1_GetOperationRequest, GetOperationRequest__Output as _uvs_v1_GetOperationRequest__Output } from '../../uvs/v1/GetOperationRequest.ts';
import type { GetOperationResponse as _uvs_v1_GetOperationResponse, GetOperationResponse__Output as _uvs_v1_GetOperationResponse__Output } from '../../uvs/v1/GetOperationResponse.ts';
import type { ListOperationsRequest as _uvs_v1_ListOperationsRequest, ListOperationsRequest__Output as _uvs_v1_ListOperationsRequest__Output } from '../../uvs/v1/ListOperationsRequest.ts';
import type { ListOperationsResponse as _uvs_v1_ListOperationsResponse, ListOperationsResponse__Output as _uvs_v1_ListOperationsResponse__Output } from '../../uvs/v1/ListOperationsResponse.ts';
import type { ReadOutputRequest as _uvs_v1_ReadOutputRequest, ReadOutputRequest__Output as _uvs_v1_ReadOutputRequest__Output } from '../../uvs/v1/ReadOutputRequest.ts';
import type { ReadOutputResponse as _uvs_v1_ReadOutputResponse, ReadOutputResponse__Output as _uvs_v1_ReadOutputResponse__Output } from '../../uvs/v1/ReadOutputResponse.ts';

export interface OperationServiceClient extends grpc.Client {
  GetOperation(argument: _uvs_v1_GetOperationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetOperationResponse__Output>): grpc.ClientUnaryCall;
  GetOperation(argument: _uvs_v1_GetOperationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetOperationResponse__Output>): grpc.ClientUnaryCall;
  GetOperation(argument: _uvs_v1_GetOperationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetOperationResponse__Output>): grpc.ClientUnaryCall;
  GetOperation(argument: _uvs_v1_GetOperationRequest, callback: grpc.requestCallback<_uvs_v1_GetOperationResponse__Output>): grpc.ClientUnaryCall;
  getOperation(argument: _uvs_v1_GetOperationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetOperationResponse__Output>): grpc.ClientUnaryCall;
  getOperation(argument: _uvs_v1_GetOperationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetOperationResponse__Output>): grpc.ClientUnaryCall;
  getOperation(argument: _uvs_v1_GetOperationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetOperationResponse__Output>): grpc.ClientUnaryCall;
  getOperation(argument: _uvs_v1_GetOperationRequest, callback: grpc.requestCallback<_uvs_v1_GetOperationResponse__Output>): grpc.ClientUnaryCall;
  
  ListOperations(argument: _uvs_v1_ListOperationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListOperationsResponse__Output>): grpc.ClientUnaryCall;
  ListOperations(argument: _uvs_v1_ListOperationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListOperationsResponse__Output>): grpc.ClientUnaryCall;
  ListOperations(argument: _uvs_v1_ListOperationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListOperationsResponse__Output>): grpc.ClientUnaryCall;
  ListOperations(argument: _uvs_v1_ListOperationsRequest, callback: grpc.requestCallback<_uvs_v1_ListOperationsResponse__Output>): grpc.ClientUnaryCall;
  listOperations(argument: _uvs_v1_ListOperationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListOperationsResponse__Output>): grpc.ClientUnaryCall;
  listOperations(argument: _uvs_v1_ListOperationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListOperationsResponse__Output>): grpc.ClientUnaryCall;
  listOperations(argument: _uvs_v1_ListOperationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListOperationsResponse__Output>): grpc.ClientUnaryCall;
  listOperations(argument: _uvs_v1_ListOperationsRequest, callback: grpc.requestCallback<_uvs_v1_ListOperationsResponse__Output>): grpc.ClientUnaryCall;
  
  ReadOutput(argument: _uvs_v1_ReadOutputRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_uvs_v1_ReadOutputResponse__Output>;
  ReadOutput(argument: _uvs_v1_ReadOutputRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_uvs_v1_ReadOutputResponse__Output>;
  readOutput(argument: _uvs_v1_ReadOutputRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_uvs_v1_ReadOutputResponse__Output>;
  readOutput(argument: _uvs_v1_ReadOutputRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_uvs_v1_ReadOutputResponse__Output>;
  
}

export interface OperationServiceHandlers extends grpc.UntypedServiceImplementation {
  GetOperation: grpc.handleUnaryCall<_uvs_v1_GetOperationRequest__Output, _uvs_v1_GetOperationResponse>;
  
  ListOperations: grpc.handleUnaryCall<_uvs_v1_ListOperationsRequest__Output, _uvs_v1_ListOperationsResponse>;
  
  ReadOutput: grpc.handleServerStreamingCall<_uvs_v1_ReadOutputRequest__Output, _uvs_v1_ReadOutputResponse>;
  
}

export interface OperationServiceDefinition extends grpc.ServiceDefinition {
  GetOperation: MethodDefinition<_uvs_v1_GetOperationRequest, _uvs_v1_GetOperationResponse, _uvs_v1_GetOperationRequest__Output, _uvs_v1_GetOperationResponse__Output>
  ListOperations: MethodDefinition<_uvs_v1_ListOperationsRequest, _uvs_v1_ListOperationsResponse, _uvs_v1_ListOperationsRequest__Output, _uvs_v1_ListOperationsResponse__Output>
  ReadOutput: MethodDefinition<_uvs_v1_ReadOutputRequest, _uvs_v1_ReadOutputResponse, _uvs_v1_ReadOutputRequest__Output, _uvs_v1_ReadOutputResponse__Output>
}
