// Original file: proto/uvs/v1/limit.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListLimitsRequest as _uvs_v1_ListLimitsRequest, ListLimitsRequest__Output as _uvs_v1_ListLimitsRequest__Output } from '../../uvs/v1/ListLimitsRequest.ts';
import type { ListLimitsResponse as _uvs_v1_ListLimitsResponse, ListLimitsResponse__Output as _uvs_v1_ListLimitsResponse__Output } from '../../uvs/v1/ListLimitsResponse.ts';
import type { ListNodeLimitsRequest as _uvs_v1_ListNodeLimitsRequest, ListNodeLimitsRequest__Output as _uvs_v1_ListNodeLimitsRequest__Output } from '../../uvs/v1/ListNodeLimitsRequest.ts';
import type { ListNodeLimitsResponse as _uvs_v1_ListNodeLimitsResponse, ListNodeLimitsResponse__Output as _uvs_v1_ListNodeLimitsResponse__Output } from '../../uvs/v1/ListNodeLimitsResponse.ts';
import type { PreviewLimitsRequest as _uvs_v1_PreviewLimitsRequest, PreviewLimitsRequest__Output as _uvs_v1_PreviewLimitsRequest__Output } from '../../uvs/v1/PreviewLimitsRequest.ts';
import type { PreviewLimitsResponse as _uvs_v1_PreviewLimitsResponse, PreviewLimitsResponse__Output as _uvs_v1_PreviewLimitsResponse__Output } from '../../uvs/v1/PreviewLimitsResponse.ts';
import type { SetLimitsRequest as _uvs_v1_SetLimitsRequest, SetLimitsRequest__Output as _uvs_v1_SetLimitsRequest__Output } from '../../uvs/v1/SetLimitsRequest.ts';
import type { SetLimitsResponse as _uvs_v1_SetLimitsResponse, SetLimitsResponse__Output as _uvs_v1_SetLimitsResponse__Output } from '../../uvs/v1/SetLimitsResponse.ts';
import type { UnsetLimitsRequest as _uvs_v1_UnsetLimitsRequest, UnsetLimitsRequest__Output as _uvs_v1_UnsetLimitsRequest__Output } from '../../uvs/v1/UnsetLimitsRequest.ts';
import type { UnsetLimitsResponse as _uvs_v1_UnsetLimitsResponse, UnsetLimitsResponse__Output as _uvs_v1_UnsetLimitsResponse__Output } from '../../uvs/v1/UnsetLimitsResponse.ts';

export interface LimitServiceClient extends grpc.Client {
  ListLimits(argument: _uvs_v1_ListLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListLimitsResponse__Output>): grpc.ClientUnaryCall;
  ListLimits(argument: _uvs_v1_ListLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListLimitsResponse__Output>): grpc.ClientUnaryCall;
  ListLimits(argument: _uvs_v1_ListLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListLimitsResponse__Output>): grpc.ClientUnaryCall;
  ListLimits(argument: _uvs_v1_ListLimitsRequest, callback: grpc.requestCallback<_uvs_v1_ListLimitsResponse__Output>): grpc.ClientUnaryCall;
  listLimits(argument: _uvs_v1_ListLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListLimitsResponse__Output>): grpc.ClientUnaryCall;
  listLimits(argument: _uvs_v1_ListLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListLimitsResponse__Output>): grpc.ClientUnaryCall;
  listLimits(argument: _uvs_v1_ListLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListLimitsResponse__Output>): grpc.ClientUnaryCall;
  listLimits(argument: _uvs_v1_ListLimitsRequest, callback: grpc.requestCallback<_uvs_v1_ListLimitsResponse__Output>): grpc.ClientUnaryCall;
  
  ListNodeLimits(argument: _uvs_v1_ListNodeLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodeLimitsResponse__Output>): grpc.ClientUnaryCall;
  ListNodeLimits(argument: _uvs_v1_ListNodeLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListNodeLimitsResponse__Output>): grpc.ClientUnaryCall;
  ListNodeLimits(argument: _uvs_v1_ListNodeLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodeLimitsResponse__Output>): grpc.ClientUnaryCall;
  ListNodeLimits(argument: _uvs_v1_ListNodeLimitsRequest, callback: grpc.requestCallback<_uvs_v1_ListNodeLimitsResponse__Output>): grpc.ClientUnaryCall;
  listNodeLimits(argument: _uvs_v1_ListNodeLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodeLimitsResponse__Output>): grpc.ClientUnaryCall;
  listNodeLimits(argument: _uvs_v1_ListNodeLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListNodeLimitsResponse__Output>): grpc.ClientUnaryCall;
  listNodeLimits(argument: _uvs_v1_ListNodeLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodeLimitsResponse__Output>): grpc.ClientUnaryCall;
  listNodeLimits(argument: _uvs_v1_ListNodeLimitsRequest, callback: grpc.requestCallback<_uvs_v1_ListNodeLimitsResponse__Output>): grpc.ClientUnaryCall;
  
  PreviewLimits(argument: _uvs_v1_PreviewLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PreviewLimitsResponse__Output>): grpc.ClientUnaryCall;
  PreviewLimits(argument: _uvs_v1_PreviewLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_PreviewLimitsResponse__Output>): grpc.ClientUnaryCall;
  PreviewLimits(argument: _uvs_v1_PreviewLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PreviewLimitsResponse__Output>): grpc.ClientUnaryCall;
  PreviewLimits(argument: _uvs_v1_PreviewLimitsRequest, callback: grpc.requestCallback<_uvs_v1_PreviewLimitsResponse__Output>): grpc.ClientUnaryCall;
  previewLimits(argument: _uvs_v1_PreviewLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PreviewLimitsResponse__Output>): grpc.ClientUnaryCall;
  previewLimits(argument: _uvs_v1_PreviewLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_PreviewLimitsResponse__Output>): grpc.ClientUnaryCall;
  previewLimits(argument: _uvs_v1_PreviewLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PreviewLimitsResponse__Output>): grpc.ClientUnaryCall;
  previewLimits(argument: _uvs_v1_PreviewLimitsRequest, callback: grpc.requestCallback<_uvs_v1_PreviewLimitsResponse__Output>): grpc.ClientUnaryCall;
  
  SetLimits(argument: _uvs_v1_SetLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetLimitsResponse__Output>): grpc.ClientUnaryCall;
  SetLimits(argument: _uvs_v1_SetLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_SetLimitsResponse__Output>): grpc.ClientUnaryCall;
  SetLimits(argument: _uvs_v1_SetLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetLimitsResponse__Output>): grpc.ClientUnaryCall;
  SetLimits(argument: _uvs_v1_SetLimitsRequest, callback: grpc.requestCallback<_uvs_v1_SetLimitsResponse__Output>): grpc.ClientUnaryCall;
  setLimits(argument: _uvs_v1_SetLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetLimitsResponse__Output>): grpc.ClientUnaryCall;
  setLimits(argument: _uvs_v1_SetLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_SetLimitsResponse__Output>): grpc.ClientUnaryCall;
  setLimits(argument: _uvs_v1_SetLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetLimitsResponse__Output>): grpc.ClientUnaryCall;
  setLimits(argument: _uvs_v1_SetLimitsRequest, callback: grpc.requestCallback<_uvs_v1_SetLimitsResponse__Output>): grpc.ClientUnaryCall;
  
  UnsetLimits(argument: _uvs_v1_UnsetLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetLimitsResponse__Output>): grpc.ClientUnaryCall;
  UnsetLimits(argument: _uvs_v1_UnsetLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_UnsetLimitsResponse__Output>): grpc.ClientUnaryCall;
  UnsetLimits(argument: _uvs_v1_UnsetLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetLimitsResponse__Output>): grpc.ClientUnaryCall;
  UnsetLimits(argument: _uvs_v1_UnsetLimitsRequest, callback: grpc.requestCallback<_uvs_v1_UnsetLimitsResponse__Output>): grpc.ClientUnaryCall;
  unsetLimits(argument: _uvs_v1_UnsetLimitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetLimitsResponse__Output>): grpc.ClientUnaryCall;
  unsetLimits(argument: _uvs_v1_UnsetLimitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_UnsetLimitsResponse__Output>): grpc.ClientUnaryCall;
  unsetLimits(argument: _uvs_v1_UnsetLimitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetLimitsResponse__Output>): grpc.ClientUnaryCall;
  unsetLimits(argument: _uvs_v1_UnsetLimitsRequest, callback: grpc.requestCallback<_uvs_v1_UnsetLimitsResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface LimitServiceHandlers extends grpc.UntypedServiceImplementation {
  ListLimits: grpc.handleUnaryCall<_uvs_v1_ListLimitsRequest__Output, _uvs_v1_ListLimitsResponse>;
  
  ListNodeLimits: grpc.handleUnaryCall<_uvs_v1_ListNodeLimitsRequest__Output, _uvs_v1_ListNodeLimitsResponse>;
  
  PreviewLimits: grpc.handleUnaryCall<_uvs_v1_PreviewLimitsRequest__Output, _uvs_v1_PreviewLimitsResponse>;
  
  SetLimits: grpc.handleUnaryCall<_uvs_v1_SetLimitsRequest__Output, _uvs_v1_SetLimitsResponse>;
  
  UnsetLimits: grpc.handleUnaryCall<_uvs_v1_UnsetLimitsRequest__Output, _uvs_v1_UnsetLimitsResponse>;
  
}

export interface LimitServiceDefinition extends grpc.ServiceDefinition {
  ListLimits: MethodDefinition<_uvs_v1_ListLimitsRequest, _uvs_v1_ListLimitsResponse, _uvs_v1_ListLimitsRequest__Output, _uvs_v1_ListLimitsResponse__Output>
  ListNodeLimits: MethodDefinition<_uvs_v1_ListNodeLimitsRequest, _uvs_v1_ListNodeLimitsResponse, _uvs_v1_ListNodeLimitsRequest__Output, _uvs_v1_ListNodeLimitsResponse__Output>
  PreviewLimits: MethodDefinition<_uvs_v1_PreviewLimitsRequest, _uvs_v1_PreviewLimitsResponse, _uvs_v1_PreviewLimitsRequest__Output, _uvs_v1_PreviewLimitsResponse__Output>
  SetLimits: MethodDefinition<_uvs_v1_SetLimitsRequest, _uvs_v1_SetLimitsResponse, _uvs_v1_SetLimitsRequest__Output, _uvs_v1_SetLimitsResponse__Output>
  UnsetLimits: MethodDefinition<_uvs_v1_UnsetLimitsRequest, _uvs_v1_UnsetLimitsResponse, _uvs_v1_UnsetLimitsRequest__Output, _uvs_v1_UnsetLimitsResponse__Output>
}
