import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { AdoptClusterRequest as _uvs_v1_AdoptClusterRequest, AdoptClusterRequest__Output as _uvs_v1_AdoptClusterRequest__Output } from './uvs/v1/AdoptClusterRequest.ts';
import type { AdoptClusterResponse as _uvs_v1_AdoptClusterResponse, AdoptClusterResponse__Output as _uvs_v1_AdoptClusterResponse__Output } from './uvs/v1/AdoptClusterResponse.ts';
import type { ChangeForNodes as _uvs_v1_ChangeForNodes, ChangeForNodes__Output as _uvs_v1_ChangeForNodes__Output } from './uvs/v1/ChangeForNodes.ts';
import type { Cluster as _uvs_v1_Cluster, Cluster__Output as _uvs_v1_Cluster__Output } from './uvs/v1/Cluster.ts';
import type { ClusterServiceClient as _uvs_v1_ClusterServiceClient, ClusterServiceDefinition as _uvs_v1_ClusterServiceDefinition } from './uvs/v1/ClusterService.ts';
import type { Condition as _uvs_v1_Condition, Condition__Output as _uvs_v1_Condition__Output } from './uvs/v1/Condition.ts';
import type { Coordinator as _uvs_v1_Coordinator, Coordinator__Output as _uvs_v1_Coordinator__Output } from './uvs/v1/Coordinator.ts';
import type { Event as _uvs_v1_Event, Event__Output as _uvs_v1_Event__Output } from './uvs/v1/Event.ts';
import type { EventServiceClient as _uvs_v1_EventServiceClient, EventServiceDefinition as _uvs_v1_EventServiceDefinition } from './uvs/v1/EventService.ts';
import type { FreezeRequest as _uvs_v1_FreezeRequest, FreezeRequest__Output as _uvs_v1_FreezeRequest__Output } from './uvs/v1/FreezeRequest.ts';
import type { FreezeResponse as _uvs_v1_FreezeResponse, FreezeResponse__Output as _uvs_v1_FreezeResponse__Output } from './uvs/v1/FreezeResponse.ts';
import type { GetClusterRequest as _uvs_v1_GetClusterRequest, GetClusterRequest__Output as _uvs_v1_GetClusterRequest__Output } from './uvs/v1/GetClusterRequest.ts';
import type { GetClusterResponse as _uvs_v1_GetClusterResponse, GetClusterResponse__Output as _uvs_v1_GetClusterResponse__Output } from './uvs/v1/GetClusterResponse.ts';
import type { ListCoordinatorsRequest as _uvs_v1_ListCoordinatorsRequest, ListCoordinatorsRequest__Output as _uvs_v1_ListCoordinatorsRequest__Output } from './uvs/v1/ListCoordinatorsRequest.ts';
import type { ListCoordinatorsResponse as _uvs_v1_ListCoordinatorsResponse, ListCoordinatorsResponse__Output as _uvs_v1_ListCoordinatorsResponse__Output } from './uvs/v1/ListCoordinatorsResponse.ts';
import type { ListEventsRequest as _uvs_v1_ListEventsRequest, ListEventsRequest__Output as _uvs_v1_ListEventsRequest__Output } from './uvs/v1/ListEventsRequest.ts';
import type { ListEventsResponse as _uvs_v1_ListEventsResponse, ListEventsResponse__Output as _uvs_v1_ListEventsResponse__Output } from './uvs/v1/ListEventsResponse.ts';
import type { RemoveCoordinatorRequest as _uvs_v1_RemoveCoordinatorRequest, RemoveCoordinatorRequest__Output as _uvs_v1_RemoveCoordinatorRequest__Output } from './uvs/v1/RemoveCoordinatorRequest.ts';
import type { RemoveCoordinatorResponse as _uvs_v1_RemoveCoordinatorResponse, RemoveCoordinatorResponse__Output as _uvs_v1_RemoveCoordinatorResponse__Output } from './uvs/v1/RemoveCoordinatorResponse.ts';
import type { Selector as _uvs_v1_Selector, Selector__Output as _uvs_v1_Selector__Output } from './uvs/v1/Selector.ts';
import type { SetBudgetRequest as _uvs_v1_SetBudgetRequest, SetBudgetRequest__Output as _uvs_v1_SetBudgetRequest__Output } from './uvs/v1/SetBudgetRequest.ts';
import type { SetBudgetResponse as _uvs_v1_SetBudgetResponse, SetBudgetResponse__Output as _uvs_v1_SetBudgetResponse__Output } from './uvs/v1/SetBudgetResponse.ts';
import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from './uvs/v1/SlotToken.ts';
import type { ThawRequest as _uvs_v1_ThawRequest, ThawRequest__Output as _uvs_v1_ThawRequest__Output } from './uvs/v1/ThawRequest.ts';
import type { ThawResponse as _uvs_v1_ThawResponse, ThawResponse__Output as _uvs_v1_ThawResponse__Output } from './uvs/v1/ThawResponse.ts';
import type { UnsetBudgetRequest as _uvs_v1_UnsetBudgetRequest, UnsetBudgetRequest__Output as _uvs_v1_UnsetBudgetRequest__Output } from './uvs/v1/UnsetBudgetRequest.ts';
import type { UnsetBudgetResponse as _uvs_v1_UnsetBudgetResponse, UnsetBudgetResponse__Output as _uvs_v1_UnsetBudgetResponse__Output } from './uvs/v1/UnsetBudgetResponse.ts';
import type { ValueChange as _uvs_v1_ValueChange, ValueChange__Output as _uvs_v1_ValueChange__Output } from './uvs/v1/ValueChange.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
  uvs: {
    v1: {
      AdoptClusterRequest: MessageTypeDefinition<_uvs_v1_AdoptClusterRequest, _uvs_v1_AdoptClusterRequest__Output>
      AdoptClusterResponse: MessageTypeDefinition<_uvs_v1_AdoptClusterResponse, _uvs_v1_AdoptClusterResponse__Output>
      ChangeForNodes: MessageTypeDefinition<_uvs_v1_ChangeForNodes, _uvs_v1_ChangeForNodes__Output>
      Cluster: MessageTypeDefinition<_uvs_v1_Cluster, _uvs_v1_Cluster__Output>
      ClusterService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_ClusterServiceClient> & { service: _uvs_v1_ClusterServiceDefinition }
      Condition: MessageTypeDefinition<_uvs_v1_Condition, _uvs_v1_Condition__Output>
      Coordinator: MessageTypeDefinition<_uvs_v1_Coordinator, _uvs_v1_Coordinator__Output>
      Event: MessageTypeDefinition<_uvs_v1_Event, _uvs_v1_Event__Output>
      EventService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_EventServiceClient> & { service: _uvs_v1_EventServiceDefinition }
      FreezeRequest: MessageTypeDefinition<_uvs_v1_FreezeRequest, _uvs_v1_FreezeRequest__Output>
      FreezeResponse: MessageTypeDefinition<_uvs_v1_FreezeResponse, _uvs_v1_FreezeResponse__Output>
      GetClusterRequest: MessageTypeDefinition<_uvs_v1_GetClusterRequest, _uvs_v1_GetClusterRequest__Output>
      GetClusterResponse: MessageTypeDefinition<_uvs_v1_GetClusterResponse, _uvs_v1_GetClusterResponse__Output>
      ListCoordinatorsRequest: MessageTypeDefinition<_uvs_v1_ListCoordinatorsRequest, _uvs_v1_ListCoordinatorsRequest__Output>
      ListCoordinatorsResponse: MessageTypeDefinition<_uvs_v1_ListCoordinatorsResponse, _uvs_v1_ListCoordinatorsResponse__Output>
      ListEventsRequest: MessageTypeDefinition<_uvs_v1_ListEventsRequest, _uvs_v1_ListEventsRequest__Output>
      ListEventsResponse: MessageTypeDefinition<_uvs_v1_ListEventsResponse, _uvs_v1_ListEventsResponse__Output>
      RemoveCoordinatorRequest: MessageTypeDefinition<_uvs_v1_RemoveCoordinatorRequest, _uvs_v1_RemoveCoordinatorRequest__Output>
      RemoveCoordinatorResponse: MessageTypeDefinition<_uvs_v1_RemoveCoordinatorResponse, _uvs_v1_RemoveCoordinatorResponse__Output>
      Selector: MessageTypeDefinition<_uvs_v1_Selector, _uvs_v1_Selector__Output>
      SetBudgetRequest: MessageTypeDefinition<_uvs_v1_SetBudgetRequest, _uvs_v1_SetBudgetRequest__Output>
      SetBudgetResponse: MessageTypeDefinition<_uvs_v1_SetBudgetResponse, _uvs_v1_SetBudgetResponse__Output>
      SlotToken: MessageTypeDefinition<_uvs_v1_SlotToken, _uvs_v1_SlotToken__Output>
      ThawRequest: MessageTypeDefinition<_uvs_v1_ThawRequest, _uvs_v1_ThawRequest__Output>
      ThawResponse: MessageTypeDefinition<_uvs_v1_ThawResponse, _uvs_v1_ThawResponse__Output>
      UnsetBudgetRequest: MessageTypeDefinition<_uvs_v1_UnsetBudgetRequest, _uvs_v1_UnsetBudgetRequest__Output>
      UnsetBudgetResponse: MessageTypeDefinition<_uvs_v1_UnsetBudgetResponse, _uvs_v1_UnsetBudgetResponse__Output>
      ValueChange: MessageTypeDefinition<_uvs_v1_ValueChange, _uvs_v1_ValueChange__Output>
    }
  }
}

