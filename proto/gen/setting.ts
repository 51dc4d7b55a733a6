import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { ChangeForNodes as _uvs_v1_ChangeForNodes, ChangeForNodes__Output as _uvs_v1_ChangeForNodes__Output } from './uvs/v1/ChangeForNodes.ts';
import type { Condition as _uvs_v1_Condition, Condition__Output as _uvs_v1_Condition__Output } from './uvs/v1/Condition.ts';
import type { ListNodeSettingsRequest as _uvs_v1_ListNodeSettingsRequest, ListNodeSettingsRequest__Output as _uvs_v1_ListNodeSettingsRequest__Output } from './uvs/v1/ListNodeSettingsRequest.ts';
import type { ListNodeSettingsResponse as _uvs_v1_ListNodeSettingsResponse, ListNodeSettingsResponse__Output as _uvs_v1_ListNodeSettingsResponse__Output } from './uvs/v1/ListNodeSettingsResponse.ts';
import type { ListSettingsRequest as _uvs_v1_ListSettingsRequest, ListSettingsRequest__Output as _uvs_v1_ListSettingsRequest__Output } from './uvs/v1/ListSettingsRequest.ts';
import type { ListSettingsResponse as _uvs_v1_ListSettingsResponse, ListSettingsResponse__Output as _uvs_v1_ListSettingsResponse__Output } from './uvs/v1/ListSettingsResponse.ts';
import type { NodeClock as _uvs_v1_NodeClock, NodeClock__Output as _uvs_v1_NodeClock__Output } from './uvs/v1/NodeClock.ts';
import type { NodeSettings as _uvs_v1_NodeSettings, NodeSettings__Output as _uvs_v1_NodeSettings__Output } from './uvs/v1/NodeSettings.ts';
import type { PreviewSettingsRequest as _uvs_v1_PreviewSettingsRequest, PreviewSettingsRequest__Output as _uvs_v1_PreviewSettingsRequest__Output } from './uvs/v1/PreviewSettingsRequest.ts';
import type { PreviewSettingsResponse as _uvs_v1_PreviewSettingsResponse, PreviewSettingsResponse__Output as _uvs_v1_PreviewSettingsResponse__Output } from './uvs/v1/PreviewSettingsResponse.ts';
import type { Selector as _uvs_v1_Selector, Selector__Output as _uvs_v1_Selector__Output } from './uvs/v1/Selector.ts';
import type { SetSettingsRequest as _uvs_v1_SetSettingsRequest, SetSettingsRequest__Output as _uvs_v1_SetSettingsRequest__Output } from './uvs/v1/SetSettingsRequest.ts';
import type { SetSettingsResponse as _uvs_v1_SetSettingsResponse, SetSettingsResponse__Output as _uvs_v1_SetSettingsResponse__Output } from './uvs/v1/SetSettingsResponse.ts';
import type { SettingServiceClient as _uvs_v1_SettingServiceClient, SettingServiceDefinition as _uvs_v1_SettingServiceDefinition } from './uvs/v1/SettingService.ts';
import type { SettingStanding as _uvs_v1_SettingStanding, SettingStanding__Output as _uvs_v1_SettingStanding__Output } from './uvs/v1/SettingStanding.ts';
import type { Settings as _uvs_v1_Settings, Settings__Output as _uvs_v1_Settings__Output } from './uvs/v1/Settings.ts';
import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from './uvs/v1/SlotToken.ts';
import type { UnsetSettingsRequest as _uvs_v1_UnsetSettingsRequest, UnsetSettingsRequest__Output as _uvs_v1_UnsetSettingsRequest__Output } from './uvs/v1/UnsetSettingsRequest.ts';
import type { UnsetSettingsResponse as _uvs_v1_UnsetSettingsResponse, UnsetSettingsResponse__Output as _uvs_v1_UnsetSettingsResponse__Output } from './uvs/v1/UnsetSettingsResponse.ts';
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
      ListNodeSettingsRequest: MessageTypeDefinition<_uvs_v1_ListNodeSettingsRequest, _uvs_v1_ListNodeSettingsRequest__Output>
      ListNodeSettingsResponse: MessageTypeDefinition<_uvs_v1_ListNodeSettingsResponse, _uvs_v1_ListNodeSettingsResponse__Output>
      ListSettingsRequest: MessageTypeDefinition<_uvs_v1_ListSettingsRequest, _uvs_v1_ListSettingsRequest__Output>
      ListSettingsResponse: MessageTypeDefinition<_uvs_v1_ListSettingsResponse, _uvs_v1_ListSettingsResponse__Output>
      NodeClock: MessageTypeDefinition<_uvs_v1_NodeClock, _uvs_v1_NodeClock__Output>
      NodeSettings: MessageTypeDefinition<_uvs_v1_NodeSettings, _uvs_v1_NodeSettings__Output>
      PreviewSettingsRequest: MessageTypeDefinition<_uvs_v1_PreviewSettingsRequest, _uvs_v1_PreviewSettingsRequest__Output>
      PreviewSettingsResponse: MessageTypeDefinition<_uvs_v1_PreviewSettingsResponse, _uvs_v1_PreviewSettingsResponse__Output>
      Selector: MessageTypeDefinition<_uvs_v1_Selector, _uvs_v1_Selector__Output>
      SetSettingsRequest: MessageTypeDefinition<_uvs_v1_SetSettingsRequest, _uvs_v1_SetSettingsRequest__Output>
      SetSettingsResponse: MessageTypeDefinition<_uvs_v1_SetSettingsResponse, _uvs_v1_SetSettingsResponse__Output>
      SettingService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_SettingServiceClient> & { service: _uvs_v1_SettingServiceDefinition }
      SettingStanding: MessageTypeDefinition<_uvs_v1_SettingStanding, _uvs_v1_SettingStanding__Output>
      SettingState: EnumTypeDefinition
      Settings: MessageTypeDefinition<_uvs_v1_Settings, _uvs_v1_Settings__Output>
      SlotToken: MessageTypeDefinition<_uvs_v1_SlotToken, _uvs_v1_SlotToken__Output>
      UnsetSettingsRequest: MessageTypeDefinition<_uvs_v1_UnsetSettingsRequest, _uvs_v1_UnsetSettingsRequest__Output>
      UnsetSettingsResponse: MessageTypeDefinition<_uvs_v1_UnsetSettingsResponse, _uvs_v1_UnsetSettingsResponse__Output>
      ValueChange: MessageTypeDefinition<_uvs_v1_ValueChange, _uvs_v1_ValueChange__Output>
    }
  }
}

