// Original file: proto/uvs/v1/setting.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListNodeSettingsRequest as _uvs_v1_ListNodeSettingsRequest, ListNodeSettingsRequest__Output as _uvs_v1_ListNodeSettingsRequest__Output } from '../../uvs/v1/ListNodeSettingsRequest.ts';
import type { ListNodeSettingsResponse as _uvs_v1_ListNodeSettingsResponse, ListNodeSettingsResponse__Output as _uvs_v1_ListNodeSettingsResponse__Output } from '../../uvs/v1/ListNodeSettingsResponse.ts';
import type { ListSettingsRequest as _uvs_v1_ListSettingsRequest, ListSettingsRequest__Output as _uvs_v1_ListSettingsRequest__Output } from '../../uvs/v1/ListSettingsRequest.ts';
import type { ListSettingsResponse as _uvs_v1_ListSettingsResponse, ListSettingsResponse__Output as _uvs_v1_ListSettingsResponse__Output } from '../../uvs/v1/ListSettingsResponse.ts';
import type { PreviewSettingsRequest as _uvs_v1_PreviewSettingsRequest, PreviewSettingsRequest__Output as _uvs_v1_PreviewSettingsRequest__Output } from '../../uvs/v1/PreviewSettingsRequest.ts';
import type { PreviewSettingsResponse as _uvs_v1_PreviewSettingsResponse, PreviewSettingsResponse__Output as _uvs_v1_PreviewSettingsResponse__Output } from '../../uvs/v1/PreviewSettingsResponse.ts';
import type { SetSettingsRequest as _uvs_v1_SetSettingsRequest, SetSettingsRequest__Output as _uvs_v1_SetSettingsRequest__Output } from '../../uvs/v1/SetSettingsRequest.ts';
import type { SetSettingsResponse as _uvs_v1_SetSettingsResponse, SetSettingsResponse__Output as _uvs_v1_SetSettingsResponse__Output } from '../../uvs/v1/SetSettingsResponse.ts';
import type { UnsetSettingsRequest as _uvs_v1_UnsetSettingsRequest, UnsetSettingsRequest__Output as _uvs_v1_UnsetSettingsRequest__Output } from '../../uvs/v1/UnsetSettingsRequest.ts';
import type { UnsetSettingsResponse as _uvs_v1_UnsetSettingsResponse, UnsetSettingsResponse__Output as _uvs_v1_UnsetSettingsResponse__Output } from '../../uvs/v1/UnsetSettingsResponse.ts';

export interface SettingServiceClient extends grpc.Client {
  ListNodeSettings(argument: _uvs_v1_ListNodeSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodeSettingsResponse__Output>): grpc.ClientUnaryCall;
  ListNodeSettings(argument: _uvs_v1_ListNodeSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListNodeSettingsResponse__Output>): grpc.ClientUnaryCall;
  ListNodeSettings(argument: _uvs_v1_ListNodeSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodeSettingsResponse__Output>): grpc.ClientUnaryCall;
  ListNodeSettings(argument: _uvs_v1_ListNodeSettingsRequest, callback: grpc.requestCallback<_uvs_v1_ListNodeSettingsResponse__Output>): grpc.ClientUnaryCall;
  listNodeSettings(argument: _uvs_v1_ListNodeSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodeSettingsResponse__Output>): grpc.ClientUnaryCall;
  listNodeSettings(argument: _uvs_v1_ListNodeSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListNodeSettingsResponse__Output>): grpc.ClientUnaryCall;
  listNodeSettings(argument: _uvs_v1_ListNodeSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListNodeSettingsResponse__Output>): grpc.ClientUnaryCall;
  listNodeSettings(argument: _uvs_v1_ListNodeSettingsRequest, callback: grpc.requestCallback<_uvs_v1_ListNodeSettingsResponse__Output>): grpc.ClientUnaryCall;
  
  ListSettings(argument: _uvs_v1_ListSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSettingsResponse__Output>): grpc.ClientUnaryCall;
  ListSettings(argument: _uvs_v1_ListSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListSettingsResponse__Output>): grpc.ClientUnaryCall;
  ListSettings(argument: _uvs_v1_ListSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSettingsResponse__Output>): grpc.ClientUnaryCall;
  ListSettings(argument: _uvs_v1_ListSettingsRequest, callback: grpc.requestCallback<_uvs_v1_ListSettingsResponse__Output>): grpc.ClientUnaryCall;
  listSettings(argument: _uvs_v1_ListSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSettingsResponse__Output>): grpc.ClientUnaryCall;
  listSettings(argument: _uvs_v1_ListSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListSettingsResponse__Output>): grpc.ClientUnaryCall;
  listSettings(argument: _uvs_v1_ListSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListSettingsResponse__Output>): grpc.ClientUnaryCall;
  listSettings(argument: _uvs_v1_ListSettingsRequest, callback: grpc.requestCallback<_uvs_v1_ListSettingsResponse__Output>): grpc.ClientUnaryCall;
  
  PreviewSettings(argument: _uvs_v1_PreviewSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PreviewSettingsResponse__Output>): grpc.ClientUnaryCall;
  PreviewSettings(argument: _uvs_v1_PreviewSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_PreviewSettingsResponse__Output>): grpc.ClientUnaryCall;
  PreviewSettings(argument: _uvs_v1_PreviewSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PreviewSettingsResponse__Output>): grpc.ClientUnaryCall;
  PreviewSettings(argument: _uvs_v1_PreviewSettingsRequest, callback: grpc.requestCallback<_uvs_v1_PreviewSettingsResponse__Output>): grpc.ClientUnaryCall;
  previewSettings(argument: _uvs_v1_PreviewSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PreviewSettingsResponse__Output>): grpc.ClientUnaryCall;
  previewSettings(argument: _uvs_v1_PreviewSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_PreviewSettingsResponse__Output>): grpc.ClientUnaryCall;
  previewSettings(argument: _uvs_v1_PreviewSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PreviewSettingsResponse__Output>): grpc.ClientUnaryCall;
  previewSettings(argument: _uvs_v1_PreviewSettingsRequest, callback: grpc.requestCallback<_uvs_v1_PreviewSettingsResponse__Output>): grpc.ClientUnaryCall;
  
  SetSettings(argument: _uvs_v1_SetSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetSettingsResponse__Output>): grpc.ClientUnaryCall;
  SetSettings(argument: _uvs_v1_SetSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_SetSettingsResponse__Output>): grpc.ClientUnaryCall;
  SetSettings(argument: _uvs_v1_SetSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetSettingsResponse__Output>): grpc.ClientUnaryCall;
  SetSettings(argument: _uvs_v1_SetSettingsRequest, callback: grpc.requestCallback<_uvs_v1_SetSettingsResponse__Output>): grpc.ClientUnaryCall;
  setSettings(argument: _uvs_v1_SetSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetSettingsResponse__Output>): grpc.ClientUnaryCall;
  setSettings(argument: _uvs_v1_SetSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_SetSettingsResponse__Output>): grpc.ClientUnaryCall;
  setSettings(argument: _uvs_v1_SetSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_SetSettingsResponse__Output>): grpc.ClientUnaryCall;
  setSettings(argument: _uvs_v1_SetSettingsRequest, callback: grpc.requestCallback<_uvs_v1_SetSettingsResponse__Output>): grpc.ClientUnaryCall;
  
  UnsetSettings(argument: _uvs_v1_UnsetSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetSettingsResponse__Output>): grpc.ClientUnaryCall;
  UnsetSettings(argument: _uvs_v1_UnsetSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_UnsetSettingsResponse__Output>): grpc.ClientUnaryCall;
  UnsetSettings(argument: _uvs_v1_UnsetSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetSettingsResponse__Output>): grpc.ClientUnaryCall;
  UnsetSettings(argument: _uvs_v1_UnsetSettingsRequest, callback: grpc.requestCallback<_uvs_v1_UnsetSettingsResponse__Output>): grpc.ClientUnaryCall;
  unsetSettings(argument: _uvs_v1_UnsetSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetSettingsResponse__Output>): grpc.ClientUnaryCall;
  unsetSettings(argument: _uvs_v1_UnsetSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_UnsetSettingsResponse__Output>): grpc.ClientUnaryCall;
  unsetSettings(argument: _uvs_v1_UnsetSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_UnsetSettingsResponse__Output>): grpc.ClientUnaryCall;
  unsetSettings(argument: _uvs_v1_UnsetSettingsRequest, callback: grpc.requestCallback<_uvs_v1_UnsetSettingsResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface SettingServiceHandlers extends grpc.UntypedServiceImplementation {
  ListNodeSettings: grpc.handleUnaryCall<_uvs_v1_ListNodeSettingsRequest__Output, _uvs_v1_ListNodeSettingsResponse>;
  
  ListSettings: grpc.handleUnaryCall<_uvs_v1_ListSettingsRequest__Output, _uvs_v1_ListSettingsResponse>;
  
  PreviewSettings: grpc.handleUnaryCall<_uvs_v1_PreviewSettingsRequest__Output, _uvs_v1_PreviewSettingsResponse>;
  
  SetSettings: grpc.handleUnaryCall<_uvs_v1_SetSettingsRequest__Output, _uvs_v1_SetSettingsResponse>;
  
  UnsetSettings: grpc.handleUnaryCall<_uvs_v1_UnsetSettingsRequest__Output, _uvs_v1_UnsetSettingsResponse>;
  
}

export interface SettingServiceDefinition extends grpc.ServiceDefinition {
  ListNodeSettings: MethodDefinition<_uvs_v1_ListNodeSettingsRequest, _uvs_v1_ListNodeSettingsResponse, _uvs_v1_ListNodeSettingsRequest__Output, _uvs_v1_ListNodeSettingsResponse__Output>
  ListSettings: MethodDefinition<_uvs_v1_ListSettingsRequest, _uvs_v1_ListSettingsResponse, _uvs_v1_ListSettingsRequest__Output, _uvs_v1_ListSettingsResponse__Output>
  PreviewSettings: MethodDefinition<_uvs_v1_PreviewSettingsRequest, _uvs_v1_PreviewSettingsResponse, _uvs_v1_PreviewSettingsRequest__Output, _uvs_v1_PreviewSettingsResponse__Output>
  SetSettings: MethodDefinition<_uvs_v1_SetSettingsRequest, _uvs_v1_SetSettingsResponse, _uvs_v1_SetSettingsRequest__Output, _uvs_v1_SetSettingsResponse__Output>
  UnsetSettings: MethodDefinition<_uvs_v1_UnsetSettingsRequest, _uvs_v1_UnsetSettingsResponse, _uvs_v1_UnsetSettingsRequest__Output, _uvs_v1_UnsetSettingsResponse__Output>
}
