import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { AccessServiceClient as _uvs_v1_AccessServiceClient, AccessServiceDefinition as _uvs_v1_AccessServiceDefinition } from './uvs/v1/AccessService.ts';
import type { CreateJoinTokenRequest as _uvs_v1_CreateJoinTokenRequest, CreateJoinTokenRequest__Output as _uvs_v1_CreateJoinTokenRequest__Output } from './uvs/v1/CreateJoinTokenRequest.ts';
import type { CreateJoinTokenResponse as _uvs_v1_CreateJoinTokenResponse, CreateJoinTokenResponse__Output as _uvs_v1_CreateJoinTokenResponse__Output } from './uvs/v1/CreateJoinTokenResponse.ts';
import type { Credential as _uvs_v1_Credential, Credential__Output as _uvs_v1_Credential__Output } from './uvs/v1/Credential.ts';
import type { EnrolRequest as _uvs_v1_EnrolRequest, EnrolRequest__Output as _uvs_v1_EnrolRequest__Output } from './uvs/v1/EnrolRequest.ts';
import type { EnrolResponse as _uvs_v1_EnrolResponse, EnrolResponse__Output as _uvs_v1_EnrolResponse__Output } from './uvs/v1/EnrolResponse.ts';
import type { EnrolmentServiceClient as _uvs_v1_EnrolmentServiceClient, EnrolmentServiceDefinition as _uvs_v1_EnrolmentServiceDefinition } from './uvs/v1/EnrolmentService.ts';
import type { GetCredentialRequest as _uvs_v1_GetCredentialRequest, GetCredentialRequest__Output as _uvs_v1_GetCredentialRequest__Output } from './uvs/v1/GetCredentialRequest.ts';
import type { GetCredentialResponse as _uvs_v1_GetCredentialResponse, GetCredentialResponse__Output as _uvs_v1_GetCredentialResponse__Output } from './uvs/v1/GetCredentialResponse.ts';
import type { IssueCredentialRequest as _uvs_v1_IssueCredentialRequest, IssueCredentialRequest__Output as _uvs_v1_IssueCredentialRequest__Output } from './uvs/v1/IssueCredentialRequest.ts';
import type { IssueCredentialResponse as _uvs_v1_IssueCredentialResponse, IssueCredentialResponse__Output as _uvs_v1_IssueCredentialResponse__Output } from './uvs/v1/IssueCredentialResponse.ts';
import type { JoinToken as _uvs_v1_JoinToken, JoinToken__Output as _uvs_v1_JoinToken__Output } from './uvs/v1/JoinToken.ts';
import type { ListCredentialsRequest as _uvs_v1_ListCredentialsRequest, ListCredentialsRequest__Output as _uvs_v1_ListCredentialsRequest__Output } from './uvs/v1/ListCredentialsRequest.ts';
import type { ListCredentialsResponse as _uvs_v1_ListCredentialsResponse, ListCredentialsResponse__Output as _uvs_v1_ListCredentialsResponse__Output } from './uvs/v1/ListCredentialsResponse.ts';
import type { ListJoinTokensRequest as _uvs_v1_ListJoinTokensRequest, ListJoinTokensRequest__Output as _uvs_v1_ListJoinTokensRequest__Output } from './uvs/v1/ListJoinTokensRequest.ts';
import type { ListJoinTokensResponse as _uvs_v1_ListJoinTokensResponse, ListJoinTokensResponse__Output as _uvs_v1_ListJoinTokensResponse__Output } from './uvs/v1/ListJoinTokensResponse.ts';
import type { RevokeJoinTokenRequest as _uvs_v1_RevokeJoinTokenRequest, RevokeJoinTokenRequest__Output as _uvs_v1_RevokeJoinTokenRequest__Output } from './uvs/v1/RevokeJoinTokenRequest.ts';
import type { RevokeJoinTokenResponse as _uvs_v1_RevokeJoinTokenResponse, RevokeJoinTokenResponse__Output as _uvs_v1_RevokeJoinTokenResponse__Output } from './uvs/v1/RevokeJoinTokenResponse.ts';
import type { WithdrawCredentialRequest as _uvs_v1_WithdrawCredentialRequest, WithdrawCredentialRequest__Output as _uvs_v1_WithdrawCredentialRequest__Output } from './uvs/v1/WithdrawCredentialRequest.ts';
import type { WithdrawCredentialResponse as _uvs_v1_WithdrawCredentialResponse, WithdrawCredentialResponse__Output as _uvs_v1_WithdrawCredentialResponse__Output } from './uvs/v1/WithdrawCredentialResponse.ts';

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
      AccessService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_AccessServiceClient> & { service: _uvs_v1_AccessServiceDefinition }
      CreateJoinTokenRequest: MessageTypeDefinition<_uvs_v1_CreateJoinTokenRequest, _uvs_v1_CreateJoinTokenRequest__Output>
      CreateJoinTokenResponse: MessageTypeDefinition<_uvs_v1_CreateJoinTokenResponse, _uvs_v1_CreateJoinTokenResponse__Output>
      Credential: MessageTypeDefinition<_uvs_v1_Credential, _uvs_v1_Credential__Output>
      EnrolRequest: MessageTypeDefinition<_uvs_v1_EnrolRequest, _uvs_v1_EnrolRequest__Output>
      EnrolResponse: MessageTypeDefinition<_uvs_v1_EnrolResponse, _uvs_v1_EnrolResponse__Output>
      EnrolmentService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_EnrolmentServiceClient> & { service: _uvs_v1_EnrolmentServiceDefinition }
      GetCredentialRequest: MessageTypeDefinition<_uvs_v1_GetCredentialRequest, _uvs_v1_GetCredentialRequest__Output>
      GetCredentialResponse: MessageTypeDefinition<_uvs_v1_GetCredentialResponse, _uvs_v1_GetCredentialResponse__Output>
      IssueCredentialRequest: MessageTypeDefinition<_uvs_v1_IssueCredentialRequest, _uvs_v1_IssueCredentialRequest__Output>
      IssueCredentialResponse: MessageTypeDefinition<_uvs_v1_IssueCredentialResponse, _uvs_v1_IssueCredentialResponse__Output>
      JoinToken: MessageTypeDefinition<_uvs_v1_JoinToken, _uvs_v1_JoinToken__Output>
      ListCredentialsRequest: MessageTypeDefinition<_uvs_v1_ListCredentialsRequest, _uvs_v1_ListCredentialsRequest__Output>
      ListCredentialsResponse: MessageTypeDefinition<_uvs_v1_ListCredentialsResponse, _uvs_v1_ListCredentialsResponse__Output>
      ListJoinTokensRequest: MessageTypeDefinition<_uvs_v1_ListJoinTokensRequest, _uvs_v1_ListJoinTokensRequest__Output>
      ListJoinTokensResponse: MessageTypeDefinition<_uvs_v1_ListJoinTokensResponse, _uvs_v1_ListJoinTokensResponse__Output>
      RevokeJoinTokenRequest: MessageTypeDefinition<_uvs_v1_RevokeJoinTokenRequest, _uvs_v1_RevokeJoinTokenRequest__Output>
      RevokeJoinTokenResponse: MessageTypeDefinition<_uvs_v1_RevokeJoinTokenResponse, _uvs_v1_RevokeJoinTokenResponse__Output>
      WithdrawCredentialRequest: MessageTypeDefinition<_uvs_v1_WithdrawCredentialRequest, _uvs_v1_WithdrawCredentialRequest__Output>
      WithdrawCredentialResponse: MessageTypeDefinition<_uvs_v1_WithdrawCredentialResponse, _uvs_v1_WithdrawCredentialResponse__Output>
    }
  }
}

