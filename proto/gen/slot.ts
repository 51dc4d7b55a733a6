import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { ChangeForNodes as _uvs_v1_ChangeForNodes, ChangeForNodes__Output as _uvs_v1_ChangeForNodes__Output } from './uvs/v1/ChangeForNodes.ts';
import type { Condition as _uvs_v1_Condition, Condition__Output as _uvs_v1_Condition__Output } from './uvs/v1/Condition.ts';
import type { EvaluateGatesRequest as _uvs_v1_EvaluateGatesRequest, EvaluateGatesRequest__Output as _uvs_v1_EvaluateGatesRequest__Output } from './uvs/v1/EvaluateGatesRequest.ts';
import type { EvaluateGatesResponse as _uvs_v1_EvaluateGatesResponse, EvaluateGatesResponse__Output as _uvs_v1_EvaluateGatesResponse__Output } from './uvs/v1/EvaluateGatesResponse.ts';
import type { Gate as _uvs_v1_Gate, Gate__Output as _uvs_v1_Gate__Output } from './uvs/v1/Gate.ts';
import type { GateAnswer as _uvs_v1_GateAnswer, GateAnswer__Output as _uvs_v1_GateAnswer__Output } from './uvs/v1/GateAnswer.ts';
import type { GateServiceClient as _uvs_v1_GateServiceClient, GateServiceDefinition as _uvs_v1_GateServiceDefinition } from './uvs/v1/GateService.ts';
import type { GetSlotRequest as _uvs_v1_GetSlotRequest, GetSlotRequest__Output as _uvs_v1_GetSlotRequest__Output } from './uvs/v1/GetSlotRequest.ts';
import type { GetSlotResponse as _uvs_v1_GetSlotResponse, GetSlotResponse__Output as _uvs_v1_GetSlotResponse__Output } from './uvs/v1/GetSlotResponse.ts';
import type { ListGatesRequest as _uvs_v1_ListGatesRequest, ListGatesRequest__Output as _uvs_v1_ListGatesRequest__Output } from './uvs/v1/ListGatesRequest.ts';
import type { ListGatesResponse as _uvs_v1_ListGatesResponse, ListGatesResponse__Output as _uvs_v1_ListGatesResponse__Output } from './uvs/v1/ListGatesResponse.ts';
import type { ListSlotsRequest as _uvs_v1_ListSlotsRequest, ListSlotsRequest__Output as _uvs_v1_ListSlotsRequest__Output } from './uvs/v1/ListSlotsRequest.ts';
import type { ListSlotsResponse as _uvs_v1_ListSlotsResponse, ListSlotsResponse__Output as _uvs_v1_ListSlotsResponse__Output } from './uvs/v1/ListSlotsResponse.ts';
import type { ReleaseSlotRequest as _uvs_v1_ReleaseSlotRequest, ReleaseSlotRequest__Output as _uvs_v1_ReleaseSlotRequest__Output } from './uvs/v1/ReleaseSlotRequest.ts';
import type { ReleaseSlotResponse as _uvs_v1_ReleaseSlotResponse, ReleaseSlotResponse__Output as _uvs_v1_ReleaseSlotResponse__Output } from './uvs/v1/ReleaseSlotResponse.ts';
import type { Selector as _uvs_v1_Selector, Selector__Output as _uvs_v1_Selector__Output } from './uvs/v1/Selector.ts';
import type { Slot as _uvs_v1_Slot, Slot__Output as _uvs_v1_Slot__Output } from './uvs/v1/Slot.ts';
import type { SlotServiceClient as _uvs_v1_SlotServiceClient, SlotServiceDefinition as _uvs_v1_SlotServiceDefinition } from './uvs/v1/SlotService.ts';
import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from './uvs/v1/SlotToken.ts';
import type { StuckDrain as _uvs_v1_StuckDrain, StuckDrain__Output as _uvs_v1_StuckDrain__Output } from './uvs/v1/StuckDrain.ts';
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
      EvaluateGatesRequest: MessageTypeDefinition<_uvs_v1_EvaluateGatesRequest, _uvs_v1_EvaluateGatesRequest__Output>
      EvaluateGatesResponse: MessageTypeDefinition<_uvs_v1_EvaluateGatesResponse, _uvs_v1_EvaluateGatesResponse__Output>
      Gate: MessageTypeDefinition<_uvs_v1_Gate, _uvs_v1_Gate__Output>
      GateAnswer: MessageTypeDefinition<_uvs_v1_GateAnswer, _uvs_v1_GateAnswer__Output>
      GateService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_GateServiceClient> & { service: _uvs_v1_GateServiceDefinition }
      GetSlotRequest: MessageTypeDefinition<_uvs_v1_GetSlotRequest, _uvs_v1_GetSlotRequest__Output>
      GetSlotResponse: MessageTypeDefinition<_uvs_v1_GetSlotResponse, _uvs_v1_GetSlotResponse__Output>
      ListGatesRequest: MessageTypeDefinition<_uvs_v1_ListGatesRequest, _uvs_v1_ListGatesRequest__Output>
      ListGatesResponse: MessageTypeDefinition<_uvs_v1_ListGatesResponse, _uvs_v1_ListGatesResponse__Output>
      ListSlotsRequest: MessageTypeDefinition<_uvs_v1_ListSlotsRequest, _uvs_v1_ListSlotsRequest__Output>
      ListSlotsResponse: MessageTypeDefinition<_uvs_v1_ListSlotsResponse, _uvs_v1_ListSlotsResponse__Output>
      ReleaseSlotRequest: MessageTypeDefinition<_uvs_v1_ReleaseSlotRequest, _uvs_v1_ReleaseSlotRequest__Output>
      ReleaseSlotResponse: MessageTypeDefinition<_uvs_v1_ReleaseSlotResponse, _uvs_v1_ReleaseSlotResponse__Output>
      Selector: MessageTypeDefinition<_uvs_v1_Selector, _uvs_v1_Selector__Output>
      Slot: MessageTypeDefinition<_uvs_v1_Slot, _uvs_v1_Slot__Output>
      SlotService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_SlotServiceClient> & { service: _uvs_v1_SlotServiceDefinition }
      SlotState: EnumTypeDefinition
      SlotToken: MessageTypeDefinition<_uvs_v1_SlotToken, _uvs_v1_SlotToken__Output>
      StuckDrain: MessageTypeDefinition<_uvs_v1_StuckDrain, _uvs_v1_StuckDrain__Output>
      ValueChange: MessageTypeDefinition<_uvs_v1_ValueChange, _uvs_v1_ValueChange__Output>
    }
  }
}

