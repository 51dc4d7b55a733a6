import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { ChangeForNodes as _uvs_v1_ChangeForNodes, ChangeForNodes__Output as _uvs_v1_ChangeForNodes__Output } from './uvs/v1/ChangeForNodes.ts';
import type { Condition as _uvs_v1_Condition, Condition__Output as _uvs_v1_Condition__Output } from './uvs/v1/Condition.ts';
import type { Selector as _uvs_v1_Selector, Selector__Output as _uvs_v1_Selector__Output } from './uvs/v1/Selector.ts';
import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from './uvs/v1/SlotToken.ts';
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
      Selector: MessageTypeDefinition<_uvs_v1_Selector, _uvs_v1_Selector__Output>
      SlotToken: MessageTypeDefinition<_uvs_v1_SlotToken, _uvs_v1_SlotToken__Output>
      ValueChange: MessageTypeDefinition<_uvs_v1_ValueChange, _uvs_v1_ValueChange__Output>
    }
  }
}

