import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { AbortRolloutRequest as _uvs_v1_AbortRolloutRequest, AbortRolloutRequest__Output as _uvs_v1_AbortRolloutRequest__Output } from './uvs/v1/AbortRolloutRequest.ts';
import type { AbortRolloutResponse as _uvs_v1_AbortRolloutResponse, AbortRolloutResponse__Output as _uvs_v1_AbortRolloutResponse__Output } from './uvs/v1/AbortRolloutResponse.ts';
import type { ApproveRolloutRequest as _uvs_v1_ApproveRolloutRequest, ApproveRolloutRequest__Output as _uvs_v1_ApproveRolloutRequest__Output } from './uvs/v1/ApproveRolloutRequest.ts';
import type { ApproveRolloutResponse as _uvs_v1_ApproveRolloutResponse, ApproveRolloutResponse__Output as _uvs_v1_ApproveRolloutResponse__Output } from './uvs/v1/ApproveRolloutResponse.ts';
import type { Blocker as _uvs_v1_Blocker, Blocker__Output as _uvs_v1_Blocker__Output } from './uvs/v1/Blocker.ts';
import type { Canary as _uvs_v1_Canary, Canary__Output as _uvs_v1_Canary__Output } from './uvs/v1/Canary.ts';
import type { ChangeForNodes as _uvs_v1_ChangeForNodes, ChangeForNodes__Output as _uvs_v1_ChangeForNodes__Output } from './uvs/v1/ChangeForNodes.ts';
import type { Condition as _uvs_v1_Condition, Condition__Output as _uvs_v1_Condition__Output } from './uvs/v1/Condition.ts';
import type { CreateRolloutRequest as _uvs_v1_CreateRolloutRequest, CreateRolloutRequest__Output as _uvs_v1_CreateRolloutRequest__Output } from './uvs/v1/CreateRolloutRequest.ts';
import type { CreateRolloutResponse as _uvs_v1_CreateRolloutResponse, CreateRolloutResponse__Output as _uvs_v1_CreateRolloutResponse__Output } from './uvs/v1/CreateRolloutResponse.ts';
import type { GetRolloutRequest as _uvs_v1_GetRolloutRequest, GetRolloutRequest__Output as _uvs_v1_GetRolloutRequest__Output } from './uvs/v1/GetRolloutRequest.ts';
import type { GetRolloutResponse as _uvs_v1_GetRolloutResponse, GetRolloutResponse__Output as _uvs_v1_GetRolloutResponse__Output } from './uvs/v1/GetRolloutResponse.ts';
import type { ListRolloutsRequest as _uvs_v1_ListRolloutsRequest, ListRolloutsRequest__Output as _uvs_v1_ListRolloutsRequest__Output } from './uvs/v1/ListRolloutsRequest.ts';
import type { ListRolloutsResponse as _uvs_v1_ListRolloutsResponse, ListRolloutsResponse__Output as _uvs_v1_ListRolloutsResponse__Output } from './uvs/v1/ListRolloutsResponse.ts';
import type { Migration as _uvs_v1_Migration, Migration__Output as _uvs_v1_Migration__Output } from './uvs/v1/Migration.ts';
import type { PauseRolloutRequest as _uvs_v1_PauseRolloutRequest, PauseRolloutRequest__Output as _uvs_v1_PauseRolloutRequest__Output } from './uvs/v1/PauseRolloutRequest.ts';
import type { PauseRolloutResponse as _uvs_v1_PauseRolloutResponse, PauseRolloutResponse__Output as _uvs_v1_PauseRolloutResponse__Output } from './uvs/v1/PauseRolloutResponse.ts';
import type { PlanRolloutRequest as _uvs_v1_PlanRolloutRequest, PlanRolloutRequest__Output as _uvs_v1_PlanRolloutRequest__Output } from './uvs/v1/PlanRolloutRequest.ts';
import type { PlanRolloutResponse as _uvs_v1_PlanRolloutResponse, PlanRolloutResponse__Output as _uvs_v1_PlanRolloutResponse__Output } from './uvs/v1/PlanRolloutResponse.ts';
import type { PlannedStep as _uvs_v1_PlannedStep, PlannedStep__Output as _uvs_v1_PlannedStep__Output } from './uvs/v1/PlannedStep.ts';
import type { PlannedWave as _uvs_v1_PlannedWave, PlannedWave__Output as _uvs_v1_PlannedWave__Output } from './uvs/v1/PlannedWave.ts';
import type { Reboot as _uvs_v1_Reboot, Reboot__Output as _uvs_v1_Reboot__Output } from './uvs/v1/Reboot.ts';
import type { Restart as _uvs_v1_Restart, Restart__Output as _uvs_v1_Restart__Output } from './uvs/v1/Restart.ts';
import type { ResumeRolloutRequest as _uvs_v1_ResumeRolloutRequest, ResumeRolloutRequest__Output as _uvs_v1_ResumeRolloutRequest__Output } from './uvs/v1/ResumeRolloutRequest.ts';
import type { ResumeRolloutResponse as _uvs_v1_ResumeRolloutResponse, ResumeRolloutResponse__Output as _uvs_v1_ResumeRolloutResponse__Output } from './uvs/v1/ResumeRolloutResponse.ts';
import type { Rollback as _uvs_v1_Rollback, Rollback__Output as _uvs_v1_Rollback__Output } from './uvs/v1/Rollback.ts';
import type { Rollout as _uvs_v1_Rollout, Rollout__Output as _uvs_v1_Rollout__Output } from './uvs/v1/Rollout.ts';
import type { RolloutServiceClient as _uvs_v1_RolloutServiceClient, RolloutServiceDefinition as _uvs_v1_RolloutServiceDefinition } from './uvs/v1/RolloutService.ts';
import type { RolloutSpec as _uvs_v1_RolloutSpec, RolloutSpec__Output as _uvs_v1_RolloutSpec__Output } from './uvs/v1/RolloutSpec.ts';
import type { Selector as _uvs_v1_Selector, Selector__Output as _uvs_v1_Selector__Output } from './uvs/v1/Selector.ts';
import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from './uvs/v1/SlotToken.ts';
import type { Step as _uvs_v1_Step, Step__Output as _uvs_v1_Step__Output } from './uvs/v1/Step.ts';
import type { ValueChange as _uvs_v1_ValueChange, ValueChange__Output as _uvs_v1_ValueChange__Output } from './uvs/v1/ValueChange.ts';
import type { WatchRolloutRequest as _uvs_v1_WatchRolloutRequest, WatchRolloutRequest__Output as _uvs_v1_WatchRolloutRequest__Output } from './uvs/v1/WatchRolloutRequest.ts';
import type { WatchRolloutResponse as _uvs_v1_WatchRolloutResponse, WatchRolloutResponse__Output as _uvs_v1_WatchRolloutResponse__Output } from './uvs/v1/WatchRolloutResponse.ts';

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
      AbortRolloutRequest: MessageTypeDefinition<_uvs_v1_AbortRolloutRequest, _uvs_v1_AbortRolloutRequest__Output>
      AbortRolloutResponse: MessageTypeDefinition<_uvs_v1_AbortRolloutResponse, _uvs_v1_AbortRolloutResponse__Output>
      ApproveRolloutRequest: MessageTypeDefinition<_uvs_v1_ApproveRolloutRequest, _uvs_v1_ApproveRolloutRequest__Output>
      ApproveRolloutResponse: MessageTypeDefinition<_uvs_v1_ApproveRolloutResponse, _uvs_v1_ApproveRolloutResponse__Output>
      Blocker: MessageTypeDefinition<_uvs_v1_Blocker, _uvs_v1_Blocker__Output>
      Canary: MessageTypeDefinition<_uvs_v1_Canary, _uvs_v1_Canary__Output>
      ChangeForNodes: MessageTypeDefinition<_uvs_v1_ChangeForNodes, _uvs_v1_ChangeForNodes__Output>
      Condition: MessageTypeDefinition<_uvs_v1_Condition, _uvs_v1_Condition__Output>
      CreateRolloutRequest: MessageTypeDefinition<_uvs_v1_CreateRolloutRequest, _uvs_v1_CreateRolloutRequest__Output>
      CreateRolloutResponse: MessageTypeDefinition<_uvs_v1_CreateRolloutResponse, _uvs_v1_CreateRolloutResponse__Output>
      FailureAction: EnumTypeDefinition
      GetRolloutRequest: MessageTypeDefinition<_uvs_v1_GetRolloutRequest, _uvs_v1_GetRolloutRequest__Output>
      GetRolloutResponse: MessageTypeDefinition<_uvs_v1_GetRolloutResponse, _uvs_v1_GetRolloutResponse__Output>
      ListRolloutsRequest: MessageTypeDefinition<_uvs_v1_ListRolloutsRequest, _uvs_v1_ListRolloutsRequest__Output>
      ListRolloutsResponse: MessageTypeDefinition<_uvs_v1_ListRolloutsResponse, _uvs_v1_ListRolloutsResponse__Output>
      Migration: MessageTypeDefinition<_uvs_v1_Migration, _uvs_v1_Migration__Output>
      MigrationAct: EnumTypeDefinition
      PauseCause: EnumTypeDefinition
      PauseRolloutRequest: MessageTypeDefinition<_uvs_v1_PauseRolloutRequest, _uvs_v1_PauseRolloutRequest__Output>
      PauseRolloutResponse: MessageTypeDefinition<_uvs_v1_PauseRolloutResponse, _uvs_v1_PauseRolloutResponse__Output>
      PlanRolloutRequest: MessageTypeDefinition<_uvs_v1_PlanRolloutRequest, _uvs_v1_PlanRolloutRequest__Output>
      PlanRolloutResponse: MessageTypeDefinition<_uvs_v1_PlanRolloutResponse, _uvs_v1_PlanRolloutResponse__Output>
      PlannedStep: MessageTypeDefinition<_uvs_v1_PlannedStep, _uvs_v1_PlannedStep__Output>
      PlannedWave: MessageTypeDefinition<_uvs_v1_PlannedWave, _uvs_v1_PlannedWave__Output>
      Reboot: MessageTypeDefinition<_uvs_v1_Reboot, _uvs_v1_Reboot__Output>
      Restart: MessageTypeDefinition<_uvs_v1_Restart, _uvs_v1_Restart__Output>
      ResumeRolloutRequest: MessageTypeDefinition<_uvs_v1_ResumeRolloutRequest, _uvs_v1_ResumeRolloutRequest__Output>
      ResumeRolloutResponse: MessageTypeDefinition<_uvs_v1_ResumeRolloutResponse, _uvs_v1_ResumeRolloutResponse__Output>
      Rollback: MessageTypeDefinition<_uvs_v1_Rollback, _uvs_v1_Rollback__Output>
      Rollout: MessageTypeDefinition<_uvs_v1_Rollout, _uvs_v1_Rollout__Output>
      RolloutMode: EnumTypeDefinition
      RolloutService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_RolloutServiceClient> & { service: _uvs_v1_RolloutServiceDefinition }
      RolloutSpec: MessageTypeDefinition<_uvs_v1_RolloutSpec, _uvs_v1_RolloutSpec__Output>
      RolloutState: EnumTypeDefinition
      Selector: MessageTypeDefinition<_uvs_v1_Selector, _uvs_v1_Selector__Output>
      SlotToken: MessageTypeDefinition<_uvs_v1_SlotToken, _uvs_v1_SlotToken__Output>
      Step: MessageTypeDefinition<_uvs_v1_Step, _uvs_v1_Step__Output>
      StepState: EnumTypeDefinition
      ValueChange: MessageTypeDefinition<_uvs_v1_ValueChange, _uvs_v1_ValueChange__Output>
      WatchRolloutRequest: MessageTypeDefinition<_uvs_v1_WatchRolloutRequest, _uvs_v1_WatchRolloutRequest__Output>
      WatchRolloutResponse: MessageTypeDefinition<_uvs_v1_WatchRolloutResponse, _uvs_v1_WatchRolloutResponse__Output>
    }
  }
}

