// Original file: proto/uvs/v1/slot.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListSlotsRequest as _uvs_v1_ListSlotsRequest, ListSlotsRequest__Output as _uvs_v1_ListSlotsRequest__Output } from '../../uvs/v1/ListSlotsRequest.ts';
import type { ListSlotsResponse as _uvs_v1_ListSlotsResponse, ListSlotsResponse__Output as _uvs_v1_ListSlotsResponse__Output } from '../../uvs/v1/ListSlotsResponse.ts';

export interface SlotServiceClient extends grpc.Client {
  ListSlots(argument: _uvs_v1_ListSlotsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  ListSlots(argument: _uvs_v1_ListSlotsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  ListSlots(argument: _uvs_v1_ListSlotsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  ListSlots(argument: _uvs_v1_ListSlotsRequest, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  listSlots(argument: _uvs_v1_ListSlotsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  listSlots(argument: _uvs_v1_ListSlotsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  listSlots(argument: _uvs_v1_ListSlotsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  listSlots(argument: _uvs_v1_ListSlotsRequest, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface SlotServiceHandlers extends grpc.UntypedServiceImplementation {
  ListSlots: grpc.handleUnaryCall<_uvs_v1_ListSlotsRequest__Output, _uvs_v1_ListSlotsResponse>;
  
}

export interface SlotServiceDefinition extends grpc.ServiceDefinition {
  ListSlots: MethodDefinition<_uvs_v1_ListSlotsRequest, _uvs_v1_ListSlotsResponse, _uvs_v1_ListSlotsRequest__Output, _uvs_v1_ListSlotsResponse__Output>
}
