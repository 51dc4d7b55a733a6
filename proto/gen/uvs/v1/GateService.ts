// Original file: proto/uvs/v1/slot.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EvaluateGatesRequest as _uvs_v1_EvaluateGatesRequest, EvaluateGatesRequest__Output as _uvs_v1_EvaluateGatesRequest__Output } from '../../uvs/v1/EvaluateGatesRequest.ts';
import type { EvaluateGatesResponse as _uvs_v1_EvaluateGatesResponse, EvaluateGatesResponse__Output as _uvs_v1_EvaluateGatesResponse__Output } from '../../uvs/v1/EvaluateGatesResponse.ts';
import type { ListGatesRequest as _uvs_v1_ListGatesRequest, ListGatesRequest__Output as _uvs_v1_ListGatesRequest__Output } from '../../uvs/v1/ListGatesRequest.ts';
import type { ListGatesResponse as _uvs_v1_ListGatesResponse, ListGatesResponse__Output as _uvs_v1_ListGatesResponse__Output } from '../../uvs/v1/ListGatesResponse.ts';

export interface GateServiceClient extends grpc.Client {
  EvaluateGates(argument: _uvs_v1_EvaluateGatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_EvaluateGatesResponse__Output>): grpc.ClientUnaryCall;
  EvaluateGates(argument: _uvs_v1_EvaluateGatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_EvaluateGatesResponse__Output>): grpc.ClientUnaryCall;
  EvaluateGates(argument: _uvs_v1_EvaluateGatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_EvaluateGatesResponse__Output>): grpc.ClientUnaryCall;
  EvaluateGates(argument: _uvs_v1_EvaluateGatesRequest, callback: grpc.requestCallback<_uvs_v1_EvaluateGatesResponse__Output>): grpc.ClientUnaryCall;
  evaluateGates(argument: _uvs_v1_EvaluateGatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_EvaluateGatesResponse__Output>): grpc.ClientUnaryCall;
  evaluateGates(argument: _uvs_v1_EvaluateGatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_EvaluateGatesResponse__Output>): grpc.ClientUnaryCall;
  evaluateGates(argument: _uvs_v1_EvaluateGatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_EvaluateGatesResponse__Output>): grpc.ClientUnaryCall;
  evaluateGates(argument: _uvs_v1_EvaluateGatesRequest, callback: grpc.requestCallback<_uvs_v1_EvaluateGatesResponse__Output>): grpc.ClientUnaryCall;
  
  ListGates(argument: _uvs_v1_ListGatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListGatesResponse__Output>): grpc.ClientUnaryCall;
  ListGates(argument: _uvs_v1_ListGatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListGatesResponse__Output>): grpc.ClientUnaryCall;
  ListGates(argument: _uvs_v1_ListGatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListGatesResponse__Output>): grpc.ClientUnaryCall;
  ListGates(argument: _uvs_v1_ListGatesRequest, callback: grpc.requestCallback<_uvs_v1_ListGatesResponse__Output>): grpc.ClientUnaryCall;
  listGates(argument: _uvs_v1_ListGatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListGatesResponse__Output>): grpc.ClientUnaryCall;
  listGates(argument: _uvs_v1_ListGatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListGatesResponse__Output>): grpc.ClientUnaryCall;
  listGates(argument: _uvs_v1_ListGatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListGatesResponse__Output>): grpc.ClientUnaryCall;
  listGates(argument: _uvs_v1_ListGatesRequest, callback: grpc.requestCallback<_uvs_v1_ListGatesResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface GateServiceHandlers extends grpc.UntypedServiceImplementation {
  EvaluateGates: grpc.handleUnaryCall<_uvs_v1_EvaluateGatesRequest__Output, _uvs_v1_EvaluateGatesResponse>;
  
  ListGates: grpc.handleUnaryCall<_uvs_v1_ListGatesRequest__Output, _uvs_v1_ListGatesResponse>;
  
}

export interface GateServiceDefinition extends grpc.ServiceDefinition {
  EvaluateGates: MethodDefinition<_uvs_v1_EvaluateGatesRequest, _uvs_v1_EvaluateGatesResponse, _uvs_v1_EvaluateGatesRequest__Output, _uvs_v1_EvaluateGatesResponse__Output>
  ListGates: MethodDefinition<_uvs_v1_ListGatesRequest, _uvs_v1_ListGatesResponse, _uvs_v1_ListGatesRequest__Output, _uvs_v1_ListGatesResponse__Output>
}
