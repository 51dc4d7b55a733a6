// Original file: proto/uvs/v1/cluster.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListEventsRequest as _uvs_v1_ListEventsRequest, ListEventsRequest__Output as _uvs_v1_ListEventsRequest__Output } from '../../uvs/v1/ListEventsRequest.ts';
import type { ListEventsResponse as _uvs_v1_ListEventsResponse, ListEventsResponse__Output as _uvs_v1_ListEventsResponse__Output } from '../../uvs/v1/ListEventsResponse.ts';

export interface EventServiceClient extends grpc.Client {
  ListEvents(argument: _uvs_v1_ListEventsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  ListEvents(argument: _uvs_v1_ListEventsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  ListEvents(argument: _uvs_v1_ListEventsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  ListEvents(argument: _uvs_v1_ListEventsRequest, callback: grpc.requestCallback<_uvs_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  listEvents(argument: _uvs_v1_ListEventsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  listEvents(argument: _uvs_v1_ListEventsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  listEvents(argument: _uvs_v1_ListEventsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  listEvents(argument: _uvs_v1_ListEventsRequest, callback: grpc.requestCallback<_uvs_v1_ListEventsResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface EventServiceHandlers extends grpc.UntypedServiceImplementation {
  ListEvents: grpc.handleUnaryCall<_uvs_v1_ListEventsRequest__Output, _uvs_v1_ListEventsResponse>;
  
}

export interface EventServiceDefinition extends grpc.ServiceDefinition {
  ListEvents: MethodDefinition<_uvs_v1_ListEventsRequest, _uvs_v1_ListEventsResponse, _uvs_v1_ListEventsRequest__Output, _uvs_v1_ListEventsResponse__Output>
}
