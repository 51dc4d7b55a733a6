import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { GetOperationRequest as _uvs_v1_GetOperationRequest, GetOperationRequest__Output as _uvs_v1_GetOperationRequest__Output } from './uvs/v1/GetOperationRequest.ts';
import type { GetOperationResponse as _uvs_v1_GetOperationResponse, GetOperationResponse__Output as _uvs_v1_GetOperationResponse__Output } from './uvs/v1/GetOperationResponse.ts';
import type { ListOperationsRequest as _uvs_v1_ListOperationsRequest, ListOperationsRequest__Output as _uvs_v1_ListOperationsRequest__Output } from './uvs/v1/ListOperationsRequest.ts';
import type { ListOperationsResponse as _uvs_v1_ListOperationsResponse, ListOperationsResponse__Output as _uvs_v1_ListOperationsResponse__Output } from './uvs/v1/ListOperationsResponse.ts';
import type { Operation as _uvs_v1_Operation, Operation__Output as _uvs_v1_Operation__Output } from './uvs/v1/Operation.ts';
import type { OperationServiceClient as _uvs_v1_OperationServiceClient, OperationServiceDefinition as _uvs_v1_OperationServiceDefinition } from './uvs/v1/OperationService.ts';
import type { ReadOutputRequest as _uvs_v1_ReadOutputRequest, ReadOutputRequest__Output as _uvs_v1_ReadOutputRequest__Output } from './uvs/v1/ReadOutputRequest.ts';
import type { ReadOutputResponse as _uvs_v1_ReadOutputResponse, ReadOutputResponse__Output as _uvs_v1_ReadOutputResponse__Output } from './uvs/v1/ReadOutputResponse.ts';

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
      GetOperationRequest: MessageTypeDefinition<_uvs_v1_GetOperationRequest, _uvs_v1_GetOperationRequest__Output>
      GetOperationResponse: MessageTypeDefinition<_uvs_v1_GetOperationResponse, _uvs_v1_GetOperationResponse__Output>
      ListOperationsRequest: MessageTypeDefinition<_uvs_v1_ListOperationsRequest, _uvs_v1_ListOperationsRequest__Output>
      ListOperationsResponse: MessageTypeDefinition<_uvs_v1_ListOperationsResponse, _uvs_v1_ListOperationsResponse__Output>
      Operation: MessageTypeDefinition<_uvs_v1_Operation, _uvs_v1_Operation__Output>
      OperationService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_OperationServiceClient> & { service: _uvs_v1_OperationServiceDefinition }
      ReadOutputRequest: MessageTypeDefinition<_uvs_v1_ReadOutputRequest, _uvs_v1_ReadOutputRequest__Output>
      ReadOutputResponse: MessageTypeDefinition<_uvs_v1_ReadOutputResponse, _uvs_v1_ReadOutputResponse__Output>
    }
  }
}

