// Original file: proto/uvs/v1/node.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AcceptRolesRequest as _uvs_v1_AcceptRolesRequest, AcceptRolesRequest__Output as _uvs_v1_AcceptRolesRequest__Output } from '../../uvs/v1/AcceptRolesRequest.ts';
import type { AcceptRolesResponse as _uvs_v1_AcceptRolesResponse, AcceptRolesResponse__Output as _uvs_v1_AcceptRolesResponse__Output } from '../../uvs/v1/AcceptRolesResponse.ts';
import type { CordonNodeRequest as _uvs_v1_CordonNodeRequest, CordonNodeRequest__Output as _uvs_v1_CordonNodeRequest__Output } from '../../uvs/v1/CordonNodeRequest.ts';
import type { CordonNodeResponse as _uvs_v1_CordonNodeResponse, CordonNodeResponse__Output as _uvs_v1_CordonNodeResponse__Output } from '../../uvs/v1/CordonNodeResponse.ts';
import type { GetNodeRequest as _uvs_v1_GetNodeRequest, GetNodeRequest__Output as _uvs_v1_GetNodeRequest__Output } from '../../uvs/v1/GetNodeRequest.ts';
import type { GetNodeResponse as _uvs_v1_GetNodeResponse, GetNodeResponse__Output as _uvs_v1_GetNodeResponse__Output } from '../../uvs/v1/GetNodeResponse.ts';
import type { LabelNodeRequest as _uvs_v1_LabelNodeRequest, LabelNodeRequest__Output as _uvs_v1_LabelNodeRequest__Output } from '../../uvs/v1/LabelNodeRequest.ts';
import type { LabelNodeResponse as _uvs_v1_LabelNodeResponse, LabelNodeResponse__Output as _uvs_v1_LabelNodeResponse__Output } from '../../uvs/v1/LabelNodeResponse.ts';
import type { ListNodesRequest as _uvs_v1_ListNodesRequest, ListNodesRequest__Output as _uvs_v1_ListNodesRequest__Output } from '../../uvs/v1/ListNodesRequest.ts';
import type { ListNodesResponse as _uvs_v1_ListNodesResponse, ListNodesResponse__Output as _uvs_v1_ListNodesResponse__Output } from '../../uvs/v1/ListNodesResponse.ts';
import type { RemoveNodeRequest as _uvs_v1_RemoveNodeRequest, RemoveNodeRequest__Output as _uvs_v1_RemoveNodeRequest__Output } from '../../uvs/v1/RemoveNodeRequest.ts';
import type { RemoveNodeResponse as _uvs_v1_RemoveNodeResponse, RemoveNodeResponse__Output as _uvs_v1_RemoveNodeResponse__Output } from '../../uvs/v1/RemoveNodeResponse.ts';
import type { UncordonNodeRequest as _uvs_v1_UncordonNodeRequest, UncordonNodeRequest__Output as _uvs_v1_UncordonNodeRequest__Output } from '../../uvs/v1/UncordonNodeRequest.ts';
import type { UncordonNodeResponse as _uvs_v1_UncordonNodeResponse, UncordonNodeResponse__Output as _uvs_v1_UncordonNodeResponse__Output } from '../../uvs/v1/UncordonNodeResponse.ts';
import type { WriteOffNodeRequest as _uvs_v1_WriteOffNodeRequest, WriteOffNodeRequest__Output as _uvs_v1_WriteOffNodeRequest__Output } from '../../uvs/v1/WriteOffNodeRequest.ts';
import type { WriteOffNodeResponse as _uvs_v1_WriteOffNodeResponse, WriteOffNodeResponse__Output as _uvs_v1_WriteOffNodeResponse__Output } from '../../uvs/v1/WriteOffNodeResponse.ts';

export interface NodeServiceClient extends grpc.Client {
  AcceptRoles(argument: _uvs_v1_AcceptRolesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AcceptRolesResponse__Output>): grpc.ClientUnaryCall;
  AcceptRoles(argument: _uvs_v1_AcceptRolesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_AcceptRolesResponse__Output>): grpc.ClientUnaryCall;
  AcceptRoles(argument: _uvs_v1_AcceptRolesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AcceptRolesResponse__Output>): grpc.ClientUnaryCall;
  AcceptRoles(argument: _uvs_v1_AcceptRolesRequest, callback: grpc.requestCallback<_uvs_v1_AcceptRolesResponse__Output>): grpc.ClientUnaryCall;
  acceptRoles(argument: _uvs_v1_AcceptRolesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AcceptRolesResponse__Output>): grpc.ClientUnaryCall;
  acceptRoles(argument: _uvs_v1_AcceptRolesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_AcceptRolesResponse__Output>): grpc.ClientUnaryCall;
  acceptRoles(argument: _uvs_v1_AcceptRolesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AcceptRolesResponse__Output>): grpc.ClientUnaryCall;
  acceptRoles(argument: _uvs_v1_AcceptRolesRequest, callback: grpc.requestCallback<_uvs_v1_AcceptRolesResponse__Output>): grpc.ClientUnaryCall;
  
  CordonNode(argument: _uvs_v1_CordonNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CordonNodeResponse__Output>): grpc.ClientUnaryCall;
  CordonNode(argument: _uvs_v1_CordonNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_CordonNodeResponse__Output>): grpc.ClientUnaryCall;
  CordonNode(argument: _uvs_v1_CordonNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CordonNodeResponse__Output>): grpc.ClientUnaryCall;
  CordonNode(argument: _uvs_v1_CordonNodeRequest, callback: grpc.requestCallback<_uvs_v1_CordonNodeResponse__Output>): grpc.ClientUnaryCall;
  cordonNode(argument: _uvs_v1_CordonNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CordonNodeResponse__Output>): grpc.ClientUnaryCall;
  cordonNode(argument: _uvs_v1_CordonNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_CordonNodeResponse__Output>): grpc.ClientUnaryCall;
  cordonNode(argument: _uvs_v1_CordonNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CordonNodeResponse__Output>): grpc.ClientUnaryCall;
  cordonNode(argument: _uvs_v1_CordonNodeRequest, callback: grpc.requestCallback<_uvs_v1_CordonNodeResponse__Output>): grpc.ClientUnaryCall;
  
  GetNode(argument: _uvs_v1_GetNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetNodeResponse__Output>): grpc.ClientUnaryCall;
  GetNode(argument: _uvs_v1_GetNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetNodeResponse__Output>): grpc.ClientUnaryCall;
  GetNode(argument: _uvs_v1_GetNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetNodeResponse__Output>): grpc.ClientUnaryCall;
  GetNode(argument: _uvs_v1_GetNodeRequest, callback: grpc.requestCallback<_uvs_v1_GetNodeResponse__Output>): grpc.ClientUnaryCall;
  getNode(argument: _uvs_v1_GetNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetNodeResponse__Output>): grpc.ClientUnaryCall;
  getNode(argument: _uvs_v1_GetNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetNodeResponse__Output>): grpc.ClientUnaryCall;
  getNode(argument: _uvs_v1_GetNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetNodeResponse__Output>): grpc.ClientUnaryCall;
  getNode(argument: _uvs_v1_GetNodeRequest, callback: grpc.requestCallback<_uvs_v1_GetNodeResponse__Output>): grpc.ClientUnaryCall;
  
  LabelNode(argument: _uvs_v1_LabelNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_LabelNodeResponse__Output>): grpc.ClientUnaryCall;
  LabelNode(argument: _uvs_v1_LabelNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_LabelNodeResponse__Output>): grpc.ClientUnaryCall;
  LabelNode(argument: _uvs_v1_LabelNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_LabelNodeResponse__Output>): grpc.ClientUnaryCall;
  LabelNode(argument: _uvs_v1_LabelNodeRequest, callback: grpc.requestCallback<_uvs_v1_LabelNodeResponse__Output>): grpc.ClientUnaryCall;
  labelNode(argument: _uvs_v1_LabelNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_LabelNodeResponse__Output>): grpc.ClientUnaryCall;
  labelNode(argument: _uvs_v1_LabelNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_LabelNodeResponse__Output>): grpc.ClientUnaryCall;
  labelNode(argument: _uvs_v1_LabelNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_LabelNodeResponse__Output>): grpc.ClientUnaryCall;
  labelNode(argument: _uvs_v1_LabelNodeRequest, callback: grpc.requestCallback<_uvs_v1_LabelNodeResponse__Output>): grpc.ClientUnaryCall;
  
  ListNodes(argument: _uvs_v1_ListNodesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _uvs_v1_ListNodesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _uvs_v1_ListNodesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _uvs_v1_ListNodesRequest, callback: grpc.requestCallback<_uvs_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _uvs_v1_ListNodesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _uvs_v1_ListNodesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _uvs_v1_ListNodesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _uvs_v1_ListNodesRequest, callback: grpc.requestCallback<_uvs_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  
  RemoveNode(argument: _uvs_v1_RemoveNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RemoveNodeResponse__Output>): grpc.ClientUnaryCall;
  RemoveNode(argument: _uvs_v1_RemoveNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_RemoveNodeResponse__Output>): grpc.ClientUnaryCall;
  RemoveNode(argument: _uvs_v1_RemoveNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RemoveNodeResponse__Output>): grpc.ClientUnaryCall;
  RemoveNode(argument: _uvs_v1_RemoveNodeRequest, callback: grpc.requestCallback<_uvs_v1_RemoveNodeResponse__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _uvs_v1_RemoveNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RemoveNodeResponse__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _uvs_v1_RemoveNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_RemoveNodeResponse__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _uvs_v1_RemoveNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RemoveNodeResponse__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _uvs_v1_RemoveNodeRequest, callback: grpc.requestCallback<_uvs_v1_RemoveNodeResponse__Output>): grpc.ClientUnaryCall;
  
  UncordonNode(argument: _uvs_v1_UncordonNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UncordonNodeResponse__Output>): grpc.ClientUnaryCall;
  UncordonNode(argument: _uvs_v1_UncordonNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_UncordonNodeResponse__Output>): grpc.ClientUnaryCall;
  UncordonNode(argument: _uvs_v1_UncordonNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UncordonNodeResponse__Output>): grpc.ClientUnaryCall;
  UncordonNode(argument: _uvs_v1_UncordonNodeRequest, callback: grpc.requestCallback<_uvs_v1_UncordonNodeResponse__Output>): grpc.ClientUnaryCall;
  uncordonNode(argument: _uvs_v1_UncordonNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UncordonNodeResponse__Output>): grpc.ClientUnaryCall;
  uncordonNode(argument: _uvs_v1_UncordonNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_UncordonNodeResponse__Output>): grpc.ClientUnaryCall;
  uncordonNode(argument: _uvs_v1_UncordonNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UncordonNodeResponse__Output>): grpc.ClientUnaryCall;
  uncordonNode(argument: _uvs_v1_UncordonNodeRequest, callback: grpc.requestCallback<_uvs_v1_UncordonNodeResponse__Output>): grpc.ClientUnaryCall;
  
  WriteOffNode(argument: _uvs_v1_WriteOffNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_WriteOffNodeResponse__Output>): grpc.ClientUnaryCall;
  WriteOffNode(argument: _uvs_v1_WriteOffNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_WriteOffNodeResponse__Output>): grpc.ClientUnaryCall;
  WriteOffNode(argument: _uvs_v1_WriteOffNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_WriteOffNodeResponse__Output>): grpc.ClientUnaryCall;
  WriteOffNode(argument: _uvs_v1_WriteOffNodeRequest, callback: grpc.requestCallback<_uvs_v1_WriteOffNodeResponse__Output>): grpc.ClientUnaryCall;
  writeOffNode(argument: _uvs_v1_WriteOffNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_WriteOffNodeResponse__Output>): grpc.ClientUnaryCall;
  writeOffNode(argument: _uvs_v1_WriteOffNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_WriteOffNodeResponse__Output>): grpc.ClientUnaryCall;
  writeOffNode(argument: _uvs_v1_WriteOffNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_WriteOffNodeResponse__Output>): grpc.ClientUnaryCall;
  writeOffNode(argument: _uvs_v1_WriteOffNodeRequest, callback: grpc.requestCallback<_uvs_v1_WriteOffNodeResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface NodeServiceHandlers extends grpc.UntypedServiceImplementation {
  AcceptRoles: grpc.handleUnaryCall<_uvs_v1_AcceptRolesRequest__Output, _uvs_v1_AcceptRolesResponse>;
  
  CordonNode: grpc.handleUnaryCall<_uvs_v1_CordonNodeRequest__Output, _uvs_v1_CordonNodeResponse>;
  
  GetNode: grpc.handleUnaryCall<_uvs_v1_GetNodeRequest__Output, _uvs_v1_GetNodeResponse>;
  
  LabelNode: grpc.handleUnaryCall<_uvs_v1_LabelNodeRequest__Output, _uvs_v1_LabelNodeResponse>;
  
  ListNodes: grpc.handleUnaryCall<_uvs_v1_ListNodesRequest__Output, _uvs_v1_ListNodesResponse>;
  
  RemoveNode: grpc.handleUnaryCall<_uvs_v1_RemoveNodeRequest__Output, _uvs_v1_RemoveNodeResponse>;
  
  UncordonNode: grpc.handleUnaryCall<_uvs_v1_UncordonNodeRequest__Output, _uvs_v1_UncordonNodeResponse>;
  
  WriteOffNode: grpc.handleUnaryCall<_uvs_v1_WriteOffNodeRequest__Output, _uvs_v1_WriteOffNodeResponse>;
  
}

export interface NodeServiceDefinition extends grpc.ServiceDefinition {
  AcceptRoles: MethodDefinition<_uvs_v1_AcceptRolesRequest, _uvs_v1_AcceptRolesResponse, _uvs_v1_AcceptRolesRequest__Output, _uvs_v1_AcceptRolesResponse__Output>
  CordonNode: MethodDefinition<_uvs_v1_CordonNodeRequest, _uvs_v1_CordonNodeResponse, _uvs_v1_CordonNodeRequest__Output, _uvs_v1_CordonNodeResponse__Output>
  GetNode: MethodDefinition<_uvs_v1_GetNodeRequest, _uvs_v1_GetNodeResponse, _uvs_v1_GetNodeRequest__Output, _uvs_v1_GetNodeResponse__Output>
  LabelNode: MethodDefinition<_uvs_v1_LabelNodeRequest, _uvs_v1_LabelNodeResponse, _uvs_v1_LabelNodeRequest__Output, _uvs_v1_LabelNodeResponse__Output>
  ListNodes: MethodDefinition<_uvs_v1_ListNodesRequest, _uvs_v1_ListNodesResponse, _uvs_v1_ListNodesRequest__Output, _uvs_v1_ListNodesResponse__Output>
  RemoveNode: MethodDefinition<_uvs_v1_RemoveNodeRequest, _uvs_v1_RemoveNodeResponse, _uvs_v1_RemoveNodeRequest__Output, _uvs_v1_RemoveNodeResponse__Output>
  UncordonNode: MethodDefinition<_uvs_v1_UncordonNodeRequest, _uvs_v1_UncordonNodeResponse, _uvs_v1_UncordonNodeRequest__Output, _uvs_v1_UncordonNodeResponse__Output>
  WriteOffNode: MethodDefinition<_uvs_v1_WriteOffNodeRequest, _uvs_v1_WriteOffNodeResponse, _uvs_v1_WriteOffNodeRequest__Output, _uvs_v1_WriteOffNodeResponse__Output>
}
