// Original file: proto/uvs/v1/cluster.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AdoptClusterRequest as _uvs_v1_AdoptClusterRequest, AdoptClusterRequest__Output as _uvs_v1_AdoptClusterRequest__Output } from '../../uvs/v1/AdoptClusterRequest.ts';
import type { AdoptClusterResponse as _uvs_v1_AdoptClusterResponse, AdoptClusterResponse__Output as _uvs_v1_AdoptClusterResponse__Output } from '../../uvs/v1/AdoptClusterResponse.ts';
import type { FreezeRequest as _uvs_v1_FreezeRequest, FreezeRequest__Output as _uvs_v1_FreezeRequest__Output } from '../../uvs/v1/FreezeRequest.ts';
import type { FreezeResponse as _uvs_v1_FreezeResponse, FreezeResponse__Output as _uvs_v1_FreezeResponse__Output } from '../../uvs/v1/FreezeResponse.ts';
import type { GetClusterRequest as _uvs_v1_GetClusterRequest, GetClusterRequest__Output as _uvs_v1_GetClusterRequest__Output } from '../../uvs/v1/GetClusterRequest.ts';
import type { GetClusterResponse as _uvs_v1_GetClusterResponse, GetClusterResponse__Output as _uvs_v1_GetClusterResponse__Output } from '../../uvs/v1/GetClusterResponse.ts';
import type { ListCoordinatorsRequest as _uvs_v1_ListCoordinatorsRequest, ListCoordinatorsRequest__Output as _uvs_v1_ListCoordinatorsRequest__Output } from '../../uvs/v1/ListCoordinatorsRequest.ts';
import type { ListCoordinatorsResponse as _uvs_v1_ListCoordinatorsResponse, ListCoordinatorsResponse__Output as _uvs_v1_ListCoordinatorsResponse__Output } from '../../uvs/v1/ListCoordinatorsResponse.ts';
import type { RemoveCoordinatorRequest as _uvs_v1_RemoveCoordinatorRequest, RemoveCoordinatorRequest__Output as _uvs_v1_RemoveCoordinatorRequest__Output } from '../../uvs/v1/RemoveCoordinatorRequest.ts';
import type { RemoveCoordinatorResponse as _uvs_v1_RemoveCoordinatorResponse, RemoveCoordinatorResponse__Output as _uvs_v1_RemoveCoordinatorResponse__Output } from '../../uvs/v1/RemoveCoordinatorResponse.ts';
import type { SetBudgetRequest as _uvs_v1_SetBudgetRequest, SetBudgetRequest__Output as _uvs_v1_SetBudgetRequest__Output } from '../../uvs/v1/SetBudgetRequest.ts';
import type { SetBudgetResponse as _uvs_v1_SetBudgetResponse, SetBudgetResponse__Output as _uvs_v1_SetBudgetResponse__Output } from '../../uvs/v1/SetBudgetResponse.ts';
import type { ThawRequest as _uvs_v1_ThawRequest, ThawRequest__Output as _uvs_v1_ThawRequest__Output } from '../../uvs/v1/ThawRequest.ts';
import type { ThawResponse as _uvs_v1_ThawResponse, ThawResponse__Output as _uvs_v1_ThawResponse__Output } from '../../uvs/v1/ThawResponse.ts';
import type { UnsetBudgetRequest as _uvs_v1_UnsetBudgetRequest, UnsetBudgetRequest__Output as _uvs_v1_UnsetBudgetRequest__Output } from '../../uvs/v1/UnsetBudgetRequest.ts';
import type { UnsetBudgetResponse as _uvs_v1_UnsetBudgetResponse, UnsetBudgetResponse__Output as _uvs_v1_UnsetBudgetResponse__Output } from '../../uvs/v1/UnsetBudgetResponse.ts';

export interface ClusterServiceClient extends grpc.Client {
  AdoptCluster(argument: _uvs_v1_AdoptClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AdoptClusterResponse__Output>): grpc.ClientUnaryCall;
  AdoptCluster(argument: _uvs_v1_AdoptClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_AdoptClusterResponse__Output>): grpc.ClientUnaryCall;
  AdoptCluster(argument: _uvs_v1_AdoptClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AdoptClusterResponse__Output>): grpc.ClientUnaryCall;
  AdoptCluster(argument: _uvs_v1_AdoptClusterRequest, callback: grpc.requestCallback<_uvs_v1_AdoptClusterResponse__Output>): grpc.ClientUnaryCall;
  adoptCluster(argument: _uvs_v1_AdoptClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AdoptClusterResponse__Output>): grpc.ClientUnaryCall;
  adoptCluster(argument: _uvs_v1_AdoptClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_AdoptClusterResponse__Output>): grpc.ClientUnaryCall;
  adoptCluster(argument: _uvs_v1_AdoptClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AdoptClusterResponse__Output>): grpc.ClientUnaryCall;
  adoptCluster(argument: _uvs_v1_AdoptClusterRequest, callback: grpc.requestCallback<_uvs_v1_AdoptClusterResponse__Output>): grpc.ClientUnaryCall;
  
  Freeze(argument: _uvs_v1_FreezeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_FreezeResponse__Output>): grpc.ClientUnaryCall;
  Freeze(argument: _uvs_v1_FreezeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_FreezeResponse__Output>): grpc.ClientUnaryCall;
  Freeze(argument: _uvs_v1_FreezeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_FreezeResponse__Output>): grpc.ClientUnaryCall;
  Freeze(argument: _uvs_v1_FreezeRequest, callback: grpc.requestCallback<_uvs_v1_FreezeResponse__Output>): grpc.ClientUnaryCall;
  freeze(argument: _uvs_v1_FreezeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_FreezeResponse__Output>): grpc.ClientUnaryCall;
  freeze(argument: _uvs_v1_FreezeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_FreezeResponse__Output>): grpc.ClientUnaryCall;
  freeze(argument: _uvs_v1_FreezeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_FreezeResponse__Output>): grpc.ClientUnaryCall;
  freeze(argument: _uvs_v1_FreezeRequest, callback: grpc.requestCallback<_uvs_v1_FreezeResponse__Output>): grpc.ClientUnaryCall;
  
  GetCluster(argument: _uvs_v1_GetClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetClusterResponse__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _uvs_v1_GetClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetClusterResponse__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _uvs_v1_GetClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetClusterResponse__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _uvs_v1_GetClusterRequest, callback: grpc.requestCallback<_uvs_v1_GetClusterResponse__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _uvs_v1_GetClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetClusterResponse__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _uvs_v1_GetClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetClusterResponse__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _uvs_v1_GetClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetClusterResponse__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _uvs_v1_GetClusterRequest, callback: grpc.requestCallback<_uvs_v1_GetClusterResponse__Output>): grpc.ClientUnaryCall;
  
  ListCoordinators(argument: _uvs_v1_ListCoordinatorsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListCoordinatorsResponse__Output>): grpc.ClientUnaryCall;
  ListCoordinators(argument: _uvs_v1_ListCoordinatorsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListCoordinatorsResponse__Output>): grpc.ClientUnaryCall;
  ListCoordinators(argument: _uvs_v1_ListCoordinatorsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListCoordinatorsResponse__Output>): grpc.ClientUnaryCall;
  ListCoordinators(argument: _uvs_v1_ListCoordinatorsRequest, callback: grpc.requestCallback<_uvs_v1_ListCoordinatorsResponse__Output>): grpc.ClientUnaryCall;
  listCoordinators(argument: _uvs_v1_ListCoordinatorsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListCoordinatorsResponse__Output>): grpc.ClientUnaryCall;
  listCoordinators(argument: _uvs_v1_ListCoordinatorsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListCoordinatorsResponse__Output>): grpc.ClientUnaryCall;
  listCoordinators(argument: _uvs_v1_ListCoordinatorsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListCoordinatorsResponse__Output>): grpc.ClientUnaryCall;
  listCoordinators(argument: _uvs_v1_ListCoordinatorsRequest, callback: grpc.requestCallback<_uvs_v1_ListCoordinatorsResponse__Output>): grpc.ClientUnaryCall;
  
  RemoveCoordinator(argument: _uvs_v1_RemoveCoordinatorRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RemoveCoordinatorResponse__Output>): grpc.ClientUnaryCall;
  RemoveCoordinator(argument: _uvs_v1_RemoveCoordinatorRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_RemoveCoordinatorResponse__Output>): grpc.ClientUnaryCall;
  RemoveCoordinator(argument: _uvs_v1_RemoveCoordinatorRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RemoveCoordinatorResponse__Output>): grpc.ClientUnaryCall;
  RemoveCoordinator(argument: _uvs_v1_RemoveCoordinatorRequest, callback: grpc.requestCallback<_uvs_v1_RemoveCoordinatorResponse__Output>): grpc.ClientUnaryCall;
  removeCoordinator(argument: _uvs_v1_RemoveCoordinatorRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RemoveCoordinatorResponse__Output>): grpc.ClientUnaryCall;
  removeCoordinator(argument: _uvs_v1_RemoveCoordinatorRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_RemoveCoordinatorResponse__Output>): grpc.ClientUnaryCall;
  removeCoordinator(argument: _uvs_v1_RemoveCoordinatorRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RemoveCoordinatorResponse__Output>): grpc.ClientUnaryCall;
  removeCoordinator(argument: _uvs_v1_RemoveCoordinatorRequest, callback: grpc.requestCallback<_uvs_v1_RemoveCoordinatorResponse__Output>): grpc.ClientUnaryCall;
  
  SetBudget(argument: _uvs_v1_SetBudgetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetBudgetResponse__Output>): grpc.ClientUnaryCall;
  SetBudget(argument: _uvs_v1_SetBudgetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_SetBudgetResponse__Output>): grpc.ClientUnaryCall;
  SetBudget(argument: _uvs_v1_SetBudgetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetBudgetResponse__Output>): grpc.ClientUnaryCall;
  SetBudget(argument: _uvs_v1_SetBudgetRequest, callback: grpc.requestCallback<_uvs_v1_SetBudgetResponse__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _uvs_v1_SetBudgetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetBudgetResponse__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _uvs_v1_SetBudgetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_SetBudgetResponse__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _uvs_v1_SetBudgetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetBudgetResponse__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _uvs_v1_SetBudgetRequest, callback: grpc.requestCallback<_uvs_v1_SetBudgetResponse__Output>): grpc.ClientUnaryCall;
  
  Thaw(argument: _uvs_v1_ThawRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ThawResponse__Output>): grpc.ClientUnaryCall;
  Thaw(argument: _uvs_v1_ThawRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ThawResponse__Output>): grpc.ClientUnaryCall;
  Thaw(argument: _uvs_v1_ThawRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ThawResponse__Output>): grpc.ClientUnaryCall;
  Thaw(argument: _uvs_v1_ThawRequest, callback: grpc.requestCallback<_uvs_v1_ThawResponse__Output>): grpc.ClientUnaryCall;
  thaw(argument: _uvs_v1_ThawRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ThawResponse__Output>): grpc.ClientUnaryCall;
  thaw(argument: _uvs_v1_ThawRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ThawResponse__Output>): grpc.ClientUnaryCall;
  thaw(argument: _uvs_v1_ThawRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ThawResponse__Output>): grpc.ClientUnaryCall;
  thaw(argument: _uvs_v1_ThawRequest, callback: grpc.requestCallback<_uvs_v1_ThawResponse__Output>): grpc.ClientUnaryCall;
  
  UnsetBudget(argument: _uvs_v1_UnsetBudgetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetBudgetResponse__Output>): grpc.ClientUnaryCall;
  UnsetBudget(argument: _uvs_v1_UnsetBudgetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_UnsetBudgetResponse__Output>): grpc.ClientUnaryCall;
  UnsetBudget(argument: _uvs_v1_UnsetBudgetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetBudgetResponse__Output>): grpc.ClientUnaryCall;
  UnsetBudget(argument: _uvs_v1_UnsetBudgetRequest, callback: grpc.requestCallback<_uvs_v1_UnsetBudgetResponse__Output>): grpc.ClientUnaryCall;
  unsetBudget(argument: _uvs_v1_UnsetBudgetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetBudgetResponse__Output>): grpc.ClientUnaryCall;
  unsetBudget(argument: _uvs_v1_UnsetBudgetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_UnsetBudgetResponse__Output>): grpc.ClientUnaryCall;
  unsetBudget(argument: _uvs_v1_UnsetBudgetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetBudgetResponse__Output>): grpc.ClientUnaryCall;
  unsetBudget(argument: _uvs_v1_UnsetBudgetRequest, callback: grpc.requestCallback<_uvs_v1_UnsetBudgetResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface ClusterServiceHandlers extends grpc.UntypedServiceImplementation {
  AdoptCluster: grpc.handleUnaryCall<_uvs_v1_AdoptClusterRequest__Output, _uvs_v1_AdoptClusterResponse>;
  
  Freeze: grpc.handleUnaryCall<_uvs_v1_FreezeRequest__Output, _uvs_v1_FreezeResponse>;
  
  GetCluster: grpc.handleUnaryCall<_uvs_v1_GetClusterRequest__Output, _uvs_v1_GetClusterResponse>;
  
  ListCoordinators: grpc.handleUnaryCall<_uvs_v1_ListCoordinatorsRequest__Output, _uvs_v1_ListCoordinatorsResponse>;
  
  RemoveCoordinator: grpc.handleUnaryCall<_uvs_v1_RemoveCoordinatorRequest__Output, _uvs_v1_RemoveCoordinatorResponse>;
  
  SetBudget: grpc.handleUnaryCall<_uvs_v1_SetBudgetRequest__Output, _uvs_v1_SetBudgetResponse>;
  
  Thaw: grpc.handleUnaryCall<_uvs_v1_ThawRequest__Output, _uvs_v1_ThawResponse>;
  
  UnsetBudget: grpc.handleUnaryCall<_uvs_v1_UnsetBudgetRequest__Output, _uvs_v1_UnsetBudgetResponse>;
  
}

export interface ClusterServiceDefinition extends grpc.ServiceDefinition {
  AdoptCluster: MethodDefinition<_uvs_v1_AdoptClusterRequest, _uvs_v1_AdoptClusterResponse, _uvs_v1_AdoptClusterRequest__Output, _uvs_v1_AdoptClusterResponse__Output>
  Freeze: MethodDefinition<_uvs_v1_FreezeRequest, _uvs_v1_FreezeResponse, _uvs_v1_FreezeRequest__Output, _uvs_v1_FreezeResponse__Output>
  GetCluster: MethodDefinition<_uvs_v1_GetClusterRequest, _uvs_v1_GetClusterResponse, _uvs_v1_GetClusterRequest__Output, _uvs_v1_GetClusterResponse__Output>
  ListCoordinators: MethodDefinition<_uvs_v1_ListCoordinatorsRequest, _uvs_v1_ListCoordinatorsResponse, _uvs_v1_ListCoordinatorsRequest__Output, _uvs_v1_ListCoordinatorsResponse__Output>
  RemoveCoordinator: MethodDefinition<_uvs_v1_RemoveCoordinatorRequest, _uvs_v1_RemoveCoordinatorResponse, _uvs_v1_RemoveCoordinatorRequest__Output, _uvs_v1_RemoveCoordinatorResponse__Output>
  SetBudget: MethodDefinition<_uvs_v1_SetBudgetRequest, _uvs_v1_SetBudgetResponse, _uvs_v1_SetBudgetRequest__Output, _uvs_v1_SetBudgetResponse__Output>
  Thaw: MethodDefinition<_uvs_v1_ThawRequest, _uvs_v1_ThawResponse, _uvs_v1_ThawRequest__Output, _uvs_v1_ThawResponse__Output>
  UnsetBudget: MethodDefinition<_uvs_v1_UnsetBudgetRequest, _uvs_v1_UnsetBudgetResponse, _uvs_v1_UnsetBudgetRequest__Output, _uvs_v1_UnsetBudgetResponse__Output>
}
