// Original file: proto/uvs/v1/slot.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetSlotRequest as _uvs_v1_GetSlotRequest, GetSlotRequest__Output as _uvs_v1_GetSlotRequest__Output } from '../../uvs/v1/GetSlotRequest.ts';
import type { GetSlotResponse as _uvs_v1_GetSlotResponse, GetSlotResponse__Output as _uvs_v1_GetSlotResponse__Output } from '../../uvs/v1/GetSlotResponse.ts';
import type { ListSlotsRequest as _uvs_v1_ListSlotsRequest, ListSlotsRequest__Output as _uvs_v1_ListSlotsRequest__Output } from '../../uvs/v1/ListSlotsRequest.ts';
import type { ListSlotsResponse as _uvs_v1_ListSlotsResponse, ListSlotsResponse__Output as _uvs_v1_ListSlotsResponse__Output } from '../../uvs/v1/ListSlotsResponse.ts';
import type { ReleaseSlotRequest as _uvs_v1_ReleaseSlotRequest, ReleaseSlotRequest__Output as _uvs_v1_ReleaseSlotRequest__Output } from '../../uvs/v1/ReleaseSlotRequest.ts';
import type { ReleaseSlotResponse as _uvs_v1_ReleaseSlotResponse, ReleaseSlotResponse__Output as _uvs_v1_ReleaseSlotResponse__Output } from '../../uvs/v1/ReleaseSlotResponse.ts';

export interface SlotServiceClient extends grpc.Client {
  GetSlot(argument: _uvs_v1_GetSlotRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetSlotResponse__Output>): grpc.ClientUnaryCall;
  GetSlot(argument: _uvs_v1_GetSlotRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetSlotResponse__Output>): grpc.ClientUnaryCall;
  GetSlot(argument: _uvs_v1_GetSlotRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetSlotResponse__Output>): grpc.ClientUnaryCall;
  GetSlot(argument: _uvs_v1_GetSlotRequest, callback: grpc.requestCallback<_uvs_v1_GetSlotResponse__Output>): grpc.ClientUnaryCall;
  getSlot(argument: _uvs_v1_GetSlotRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetSlotResponse__Output>): grpc.ClientUnaryCall;
  getSlot(argument: _uvs_v1_GetSlotRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetSlotResponse__Output>): grpc.ClientUnaryCall;
  getSlot(argument: _uvs_v1_GetSlotRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetSlotResponse__Output>): grpc.ClientUnaryCall;
  getSlot(argument: _uvs_v1_GetSlotRequest, callback: grpc.requestCallback<_uvs_v1_GetSlotResponse__Output>): grpc.ClientUnaryCall;
  
  ListSlots(argument: _uvs_v1_ListSlotsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  ListSlots(argument: _uvs_v1_ListSlotsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  ListSlots(argument: _uvs_v1_ListSlotsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  ListSlots(argument: _uvs_v1_ListSlotsRequest, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  listSlots(argument: _uvs_v1_ListSlotsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  listSlots(argument: _uvs_v1_ListSlotsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  listSlots(argument: _uvs_v1_ListSlotsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  listSlots(argument: _uvs_v1_ListSlotsRequest, callback: grpc.requestCallback<_uvs_v1_ListSlotsResponse__Output>): grpc.ClientUnaryCall;
  
  ReleaseSlot(argument: _uvs_v1_ReleaseSlotRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ReleaseSlotResponse__Output>): grpc.ClientUnaryCall;
  ReleaseSlot(argument: _uvs_v1_ReleaseSlotRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ReleaseSlotResponse__Output>): grpc.ClientUnaryCall;
  ReleaseSlot(argument: _uvs_v1_ReleaseSlotRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ReleaseSlotResponse__Output>): grpc.ClientUnaryCall;
  ReleaseSlot(argument: _uvs_v1_ReleaseSlotRequest, callback: grpc.requestCallback<_uvs_v1_ReleaseSlotResponse__Output>): grpc.ClientUnaryCall;
  releaseSlot(argument: _uvs_v1_ReleaseSlotRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ReleaseSlotResponse__Output>): grpc.ClientUnaryCall;
  releaseSlot(argument: _uvs_v1_ReleaseSlotRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ReleaseSlotResponse__Output>): grpc.ClientUnaryCall;
  releaseSlot(argument: _uvs_v1_ReleaseSlotRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ReleaseSlotResponse__Output>): grpc.ClientUnaryCall;
  releaseSlot(argument: _uvs_v1_ReleaseSlotRequest, callback: grpc.requestCallback<_uvs_v1_ReleaseSlotResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface SlotServiceHandlers extends grpc.UntypedServiceImplementation {
  GetSlot: grpc.handleUnaryCall<_uvs_v1_GetSlotRequest__Output, _uvs_v1_GetSlotResponse>;
  
  ListSlots: grpc.handleUnaryCall<_uvs_v1_ListSlotsRequest__Output, _uvs_v1_ListSlotsResponse>;
  
  ReleaseSlot: grpc.handleUnaryCall<_uvs_v1_ReleaseSlotRequest__Output, _uvs_v1_ReleaseSlotResponse>;
  
}

export interface SlotServiceDefinition extends grpc.ServiceDefinition {
  GetSlot: MethodDefinition<_uvs_v1_GetSlotRequest, _uvs_v1_GetSlotResponse, _uvs_v1_GetSlotRequest__Output, _uvs_v1_GetSlotResponse__Output>
  ListSlots: MethodDefinition<_uvs_v1_ListSlotsRequest, _uvs_v1_ListSlotsResponse, _uvs_v1_ListSlotsRequest__Output, _uvs_v1_ListSlotsResponse__Output>
  ReleaseSlot: MethodDefinition<_uvs_v1_ReleaseSlotRequest, _uvs_v1_ReleaseSlotResponse, _uvs_v1_ReleaseSlotRequest__Output, _uvs_v1_ReleaseSlotResponse__Output>
}
