import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { ChangeForNodes as _uvs_v1_ChangeForNodes, ChangeForNodes__Output as _uvs_v1_ChangeForNodes__Output } from './uvs/v1/ChangeForNodes.ts';
import type { Condition as _uvs_v1_Condition, Condition__Output as _uvs_v1_Condition__Output } from './uvs/v1/Condition.ts';
import type { Limit as _uvs_v1_Limit, Limit__Output as _uvs_v1_Limit__Output } from './uvs/v1/Limit.ts';
import type { LimitRefusal as _uvs_v1_LimitRefusal, LimitRefusal__Output as _uvs_v1_LimitRefusal__Output } from './uvs/v1/LimitRefusal.ts';
import type { LimitServiceClient as _uvs_v1_LimitServiceClient, LimitServiceDefinition as _uvs_v1_LimitServiceDefinition } from './uvs/v1/LimitService.ts';
import type { ListLimitsRequest as _uvs_v1_ListLimitsRequest, ListLimitsRequest__Output as _uvs_v1_ListLimitsRequest__Output } from './uvs/v1/ListLimitsRequest.ts';
import type { ListLimitsResponse as _uvs_v1_ListLimitsResponse, ListLimitsResponse__Output as _uvs_v1_ListLimitsResponse__Output } from './uvs/v1/ListLimitsResponse.ts';
import type { ListNodeLimitsRequest as _uvs_v1_ListNodeLimitsRequest, ListNodeLimitsRequest__Output as _uvs_v1_ListNodeLimitsRequest__Output } from './uvs/v1/ListNodeLimitsRequest.ts';
import type { ListNodeLimitsResponse as _uvs_v1_ListNodeLimitsResponse, ListNodeLimitsResponse__Output as _uvs_v1_ListNodeLimitsResponse__Output } from './uvs/v1/ListNodeLimitsResponse.ts';
import type { NodeLimits as _uvs_v1_NodeLimits, NodeLimits__Output as _uvs_v1_NodeLimits__Output } from './uvs/v1/NodeLimits.ts';
import type { PreviewLimitsRequest as _uvs_v1_PreviewLimitsRequest, PreviewLimitsRequest__Output as _uvs_v1_PreviewLimitsRequest__Output } from './uvs/v1/PreviewLimitsRequest.ts';
import type { PreviewLimitsResponse as _uvs_v1_PreviewLimitsResponse, PreviewLimitsResponse__Output as _uvs_v1_PreviewLimitsResponse__Output } from './uvs/v1/PreviewLimitsResponse.ts';
import type { Selector as _uvs_v1_Selector, Selector__Output as _uvs_v1_Selector__Output } from './uvs/v1/Selector.ts';
import type { SetLimitsRequest as _uvs_v1_SetLimitsRequest, SetLimitsRequest__Output as _uvs_v1_SetLimitsRequest__Output } from './uvs/v1/SetLimitsRequest.ts';
import type { SetLimitsResponse as _uvs_v1_SetLimitsResponse, SetLimitsResponse__Output as _uvs_v1_SetLimitsResponse__Output } from './uvs/v1/SetLimitsResponse.ts';
import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from './uvs/v1/SlotToken.ts';
import type { UnitLimits as _uvs_v1_UnitLimits, UnitLimits__Output as _uvs_v1_UnitLimits__Output } from './uvs/v1/UnitLimits.ts';
import type { UnsetLimitsRequest as _uvs_v1_UnsetLimitsRequest, UnsetLimitsRequest__Output as _uvs_v1_UnsetLimitsRequest__Output } from './uvs/v1/UnsetLimitsRequest.ts';
import type { UnsetLimitsResponse as _uvs_v1_UnsetLimitsResponse, UnsetLimitsResponse__Output as _uvs_v1_UnsetLimitsResponse__Output } from './uvs/v1/UnsetLimitsResponse.ts';
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
      ChangeForNodes: MessageTypeDefinition<_uvs_v1_ChangeForNodes, _uvs_v1_ChangeForNodes__Output>
      Condition: MessageTypeDefinition<_uvs_v1_Condition, _uvs_v1_Condition__Output>
      Limit: MessageTypeDefinition<_uvs_v1_Limit, _uvs_v1_Limit__Output>
      LimitRefusal: MessageTypeDefinition<_uvs_v1_LimitRefusal, _uvs_v1_LimitRefusal__Output>
      LimitService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_LimitServiceClient> & { service: _uvs_v1_LimitServiceDefinition }
      LimitState: EnumTypeDefinition
      ListLimitsRequest: MessageTypeDefinition<_uvs_v1_ListLimitsRequest, _uvs_v1_ListLimitsRequest__Output>
      ListLimitsResponse: MessageTypeDefinition<_uvs_v1_ListLimitsResponse, _uvs_v1_ListLimitsResponse__Output>
      ListNodeLimitsRequest: MessageTypeDefinition<_uvs_v1_ListNodeLimitsRequest, _uvs_v1_ListNodeLimitsRequest__Output>
      ListNodeLimitsResponse: MessageTypeDefinition<_uvs_v1_ListNodeLimitsResponse, _uvs_v1_ListNodeLimitsResponse__Output>
      NodeLimits: MessageTypeDefinition<_uvs_v1_NodeLimits, _uvs_v1_NodeLimits__Output>
      PreviewLimitsRequest: MessageTypeDefinition<_uvs_v1_PreviewLimitsRequest, _uvs_v1_PreviewLimitsRequest__Output>
      PreviewLimitsResponse: MessageTypeDefinition<_uvs_v1_PreviewLimitsResponse, _uvs_v1_PreviewLimitsResponse__Output>
      Selector: MessageTypeDefinition<_uvs_v1_Selector, _uvs_v1_Selector__Output>
      SetLimitsRequest: MessageTypeDefinition<_uvs_v1_SetLimitsRequest, _uvs_v1_SetLimitsRequest__Output>
      SetLimitsResponse: MessageTypeDefinition<_uvs_v1_SetLimitsResponse, _uvs_v1_SetLimitsResponse__Output>
      SlotToken: MessageTypeDefinition<_uvs_v1_SlotToken, _uvs_v1_SlotToken__Output>
      UnitLimits: MessageTypeDefinition<_uvs_v1_UnitLimits, _uvs_v1_UnitLimits__Output>
      UnsetLimitsRequest: MessageTypeDefinition<_uvs_v1_UnsetLimitsRequest, _uvs_v1_UnsetLimitsRequest__Output>
      UnsetLimitsResponse: MessageTypeDefinition<_uvs_v1_UnsetLimitsResponse, _uvs_v1_UnsetLimitsResponse__Output>
      ValueChange: MessageTypeDefinition<_uvs_v1_ValueChange, _uvs_v1_ValueChange__Output>
    }
  }
}

