import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { AcceptRolesRequest as _uvs_v1_AcceptRolesRequest, AcceptRolesRequest__Output as _uvs_v1_AcceptRolesRequest__Output } from './uvs/v1/AcceptRolesRequest.ts';
import type { AcceptRolesResponse as _uvs_v1_AcceptRolesResponse, AcceptRolesResponse__Output as _uvs_v1_AcceptRolesResponse__Output } from './uvs/v1/AcceptRolesResponse.ts';
import type { ChangeForNodes as _uvs_v1_ChangeForNodes, ChangeForNodes__Output as _uvs_v1_ChangeForNodes__Output } from './uvs/v1/ChangeForNodes.ts';
import type { Condition as _uvs_v1_Condition, Condition__Output as _uvs_v1_Condition__Output } from './uvs/v1/Condition.ts';
import type { CordonNodeRequest as _uvs_v1_CordonNodeRequest, CordonNodeRequest__Output as _uvs_v1_CordonNodeRequest__Output } from './uvs/v1/CordonNodeRequest.ts';
import type { CordonNodeResponse as _uvs_v1_CordonNodeResponse, CordonNodeResponse__Output as _uvs_v1_CordonNodeResponse__Output } from './uvs/v1/CordonNodeResponse.ts';
import type { GetNodeRequest as _uvs_v1_GetNodeRequest, GetNodeRequest__Output as _uvs_v1_GetNodeRequest__Output } from './uvs/v1/GetNodeRequest.ts';
import type { GetNodeResponse as _uvs_v1_GetNodeResponse, GetNodeResponse__Output as _uvs_v1_GetNodeResponse__Output } from './uvs/v1/GetNodeResponse.ts';
import type { InstalledRelease as _uvs_v1_InstalledRelease, InstalledRelease__Output as _uvs_v1_InstalledRelease__Output } from './uvs/v1/InstalledRelease.ts';
import type { LabelNodeRequest as _uvs_v1_LabelNodeRequest, LabelNodeRequest__Output as _uvs_v1_LabelNodeRequest__Output } from './uvs/v1/LabelNodeRequest.ts';
import type { LabelNodeResponse as _uvs_v1_LabelNodeResponse, LabelNodeResponse__Output as _uvs_v1_LabelNodeResponse__Output } from './uvs/v1/LabelNodeResponse.ts';
import type { ListNodesRequest as _uvs_v1_ListNodesRequest, ListNodesRequest__Output as _uvs_v1_ListNodesRequest__Output } from './uvs/v1/ListNodesRequest.ts';
import type { ListNodesResponse as _uvs_v1_ListNodesResponse, ListNodesResponse__Output as _uvs_v1_ListNodesResponse__Output } from './uvs/v1/ListNodesResponse.ts';
import type { Node as _uvs_v1_Node, Node__Output as _uvs_v1_Node__Output } from './uvs/v1/Node.ts';
import type { NodeDaemons as _uvs_v1_NodeDaemons, NodeDaemons__Output as _uvs_v1_NodeDaemons__Output } from './uvs/v1/NodeDaemons.ts';
import type { NodeFacts as _uvs_v1_NodeFacts, NodeFacts__Output as _uvs_v1_NodeFacts__Output } from './uvs/v1/NodeFacts.ts';
import type { NodeM2 as _uvs_v1_NodeM2, NodeM2__Output as _uvs_v1_NodeM2__Output } from './uvs/v1/NodeM2.ts';
import type { NodeServiceClient as _uvs_v1_NodeServiceClient, NodeServiceDefinition as _uvs_v1_NodeServiceDefinition } from './uvs/v1/NodeService.ts';
import type { NodeWaysBack as _uvs_v1_NodeWaysBack, NodeWaysBack__Output as _uvs_v1_NodeWaysBack__Output } from './uvs/v1/NodeWaysBack.ts';
import type { RemoveNodeRequest as _uvs_v1_RemoveNodeRequest, RemoveNodeRequest__Output as _uvs_v1_RemoveNodeRequest__Output } from './uvs/v1/RemoveNodeRequest.ts';
import type { RemoveNodeResponse as _uvs_v1_RemoveNodeResponse, RemoveNodeResponse__Output as _uvs_v1_RemoveNodeResponse__Output } from './uvs/v1/RemoveNodeResponse.ts';
import type { Selector as _uvs_v1_Selector, Selector__Output as _uvs_v1_Selector__Output } from './uvs/v1/Selector.ts';
import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from './uvs/v1/SlotToken.ts';
import type { UncordonNodeRequest as _uvs_v1_UncordonNodeRequest, UncordonNodeRequest__Output as _uvs_v1_UncordonNodeRequest__Output } from './uvs/v1/UncordonNodeRequest.ts';
import type { UncordonNodeResponse as _uvs_v1_UncordonNodeResponse, UncordonNodeResponse__Output as _uvs_v1_UncordonNodeResponse__Output } from './uvs/v1/UncordonNodeResponse.ts';
import type { ValueChange as _uvs_v1_ValueChange, ValueChange__Output as _uvs_v1_ValueChange__Output } from './uvs/v1/ValueChange.ts';
import type { WayBack as _uvs_v1_WayBack, WayBack__Output as _uvs_v1_WayBack__Output } from './uvs/v1/WayBack.ts';
import type { WriteOffNodeRequest as _uvs_v1_WriteOffNodeRequest, WriteOffNodeRequest__Output as _uvs_v1_WriteOffNodeRequest__Output } from './uvs/v1/WriteOffNodeRequest.ts';
import type { WriteOffNodeResponse as _uvs_v1_WriteOffNodeResponse, WriteOffNodeResponse__Output as _uvs_v1_WriteOffNodeResponse__Output } from './uvs/v1/WriteOffNodeResponse.ts';

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
      AcceptRolesRequest: MessageTypeDefinition<_uvs_v1_AcceptRolesRequest, _uvs_v1_AcceptRolesRequest__Output>
      AcceptRolesResponse: MessageTypeDefinition<_uvs_v1_AcceptRolesResponse, _uvs_v1_AcceptRolesResponse__Output>
      ChangeForNodes: MessageTypeDefinition<_uvs_v1_ChangeForNodes, _uvs_v1_ChangeForNodes__Output>
      Condition: MessageTypeDefinition<_uvs_v1_Condition, _uvs_v1_Condition__Output>
      CordonNodeRequest: MessageTypeDefinition<_uvs_v1_CordonNodeRequest, _uvs_v1_CordonNodeRequest__Output>
      CordonNodeResponse: MessageTypeDefinition<_uvs_v1_CordonNodeResponse, _uvs_v1_CordonNodeResponse__Output>
      GetNodeRequest: MessageTypeDefinition<_uvs_v1_GetNodeRequest, _uvs_v1_GetNodeRequest__Output>
      GetNodeResponse: MessageTypeDefinition<_uvs_v1_GetNodeResponse, _uvs_v1_GetNodeResponse__Output>
      InstalledRelease: MessageTypeDefinition<_uvs_v1_InstalledRelease, _uvs_v1_InstalledRelease__Output>
      LabelNodeRequest: MessageTypeDefinition<_uvs_v1_LabelNodeRequest, _uvs_v1_LabelNodeRequest__Output>
      LabelNodeResponse: MessageTypeDefinition<_uvs_v1_LabelNodeResponse, _uvs_v1_LabelNodeResponse__Output>
      ListNodesRequest: MessageTypeDefinition<_uvs_v1_ListNodesRequest, _uvs_v1_ListNodesRequest__Output>
      ListNodesResponse: MessageTypeDefinition<_uvs_v1_ListNodesResponse, _uvs_v1_ListNodesResponse__Output>
      Node: MessageTypeDefinition<_uvs_v1_Node, _uvs_v1_Node__Output>
      NodeDaemons: MessageTypeDefinition<_uvs_v1_NodeDaemons, _uvs_v1_NodeDaemons__Output>
      NodeFacts: MessageTypeDefinition<_uvs_v1_NodeFacts, _uvs_v1_NodeFacts__Output>
      NodeM2: MessageTypeDefinition<_uvs_v1_NodeM2, _uvs_v1_NodeM2__Output>
      NodeService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_NodeServiceClient> & { service: _uvs_v1_NodeServiceDefinition }
      NodeState: EnumTypeDefinition
      NodeWaysBack: MessageTypeDefinition<_uvs_v1_NodeWaysBack, _uvs_v1_NodeWaysBack__Output>
      RemoveNodeRequest: MessageTypeDefinition<_uvs_v1_RemoveNodeRequest, _uvs_v1_RemoveNodeRequest__Output>
      RemoveNodeResponse: MessageTypeDefinition<_uvs_v1_RemoveNodeResponse, _uvs_v1_RemoveNodeResponse__Output>
      Selector: MessageTypeDefinition<_uvs_v1_Selector, _uvs_v1_Selector__Output>
      SlotToken: MessageTypeDefinition<_uvs_v1_SlotToken, _uvs_v1_SlotToken__Output>
      UncordonNodeRequest: MessageTypeDefinition<_uvs_v1_UncordonNodeRequest, _uvs_v1_UncordonNodeRequest__Output>
      UncordonNodeResponse: MessageTypeDefinition<_uvs_v1_UncordonNodeResponse, _uvs_v1_UncordonNodeResponse__Output>
      ValueChange: MessageTypeDefinition<_uvs_v1_ValueChange, _uvs_v1_ValueChange__Output>
      WayBack: MessageTypeDefinition<_uvs_v1_WayBack, _uvs_v1_WayBack__Output>
      WriteOffNodeRequest: MessageTypeDefinition<_uvs_v1_WriteOffNodeRequest, _uvs_v1_WriteOffNodeRequest__Output>
      WriteOffNodeResponse: MessageTypeDefinition<_uvs_v1_WriteOffNodeResponse, _uvs_v1_WriteOffNodeResponse__Output>
    }
  }
}

