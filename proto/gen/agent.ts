import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { AgentServiceClient as _uvs_agent_v1_AgentServiceClient, AgentServiceDefinition as _uvs_agent_v1_AgentServiceDefinition } from './uvs/agent/v1/AgentService.ts';
import type { Assign as _uvs_agent_v1_Assign, Assign__Output as _uvs_agent_v1_Assign__Output } from './uvs/agent/v1/Assign.ts';
import type { BeginRequest as _uvs_agent_v1_BeginRequest, BeginRequest__Output as _uvs_agent_v1_BeginRequest__Output } from './uvs/agent/v1/BeginRequest.ts';
import type { BeginResponse as _uvs_agent_v1_BeginResponse, BeginResponse__Output as _uvs_agent_v1_BeginResponse__Output } from './uvs/agent/v1/BeginResponse.ts';
import type { Cancel as _uvs_agent_v1_Cancel, Cancel__Output as _uvs_agent_v1_Cancel__Output } from './uvs/agent/v1/Cancel.ts';
import type { ConfirmTokenRequest as _uvs_agent_v1_ConfirmTokenRequest, ConfirmTokenRequest__Output as _uvs_agent_v1_ConfirmTokenRequest__Output } from './uvs/agent/v1/ConfirmTokenRequest.ts';
import type { ConfirmTokenResponse as _uvs_agent_v1_ConfirmTokenResponse, ConfirmTokenResponse__Output as _uvs_agent_v1_ConfirmTokenResponse__Output } from './uvs/agent/v1/ConfirmTokenResponse.ts';
import type { EndedOperation as _uvs_agent_v1_EndedOperation, EndedOperation__Output as _uvs_agent_v1_EndedOperation__Output } from './uvs/agent/v1/EndedOperation.ts';
import type { GetPackageKeyRequest as _uvs_agent_v1_GetPackageKeyRequest, GetPackageKeyRequest__Output as _uvs_agent_v1_GetPackageKeyRequest__Output } from './uvs/agent/v1/GetPackageKeyRequest.ts';
import type { GetPackageKeyResponse as _uvs_agent_v1_GetPackageKeyResponse, GetPackageKeyResponse__Output as _uvs_agent_v1_GetPackageKeyResponse__Output } from './uvs/agent/v1/GetPackageKeyResponse.ts';
import type { Grant as _uvs_agent_v1_Grant, Grant__Output as _uvs_agent_v1_Grant__Output } from './uvs/agent/v1/Grant.ts';
import type { HealthEvidence as _uvs_agent_v1_HealthEvidence, HealthEvidence__Output as _uvs_agent_v1_HealthEvidence__Output } from './uvs/agent/v1/HealthEvidence.ts';
import type { HealthProbe as _uvs_agent_v1_HealthProbe, HealthProbe__Output as _uvs_agent_v1_HealthProbe__Output } from './uvs/agent/v1/HealthProbe.ts';
import type { Heartbeat as _uvs_agent_v1_Heartbeat, Heartbeat__Output as _uvs_agent_v1_Heartbeat__Output } from './uvs/agent/v1/Heartbeat.ts';
import type { Hello as _uvs_agent_v1_Hello, Hello__Output as _uvs_agent_v1_Hello__Output } from './uvs/agent/v1/Hello.ts';
import type { JudgeHealthRequest as _uvs_agent_v1_JudgeHealthRequest, JudgeHealthRequest__Output as _uvs_agent_v1_JudgeHealthRequest__Output } from './uvs/agent/v1/JudgeHealthRequest.ts';
import type { JudgeHealthResponse as _uvs_agent_v1_JudgeHealthResponse, JudgeHealthResponse__Output as _uvs_agent_v1_JudgeHealthResponse__Output } from './uvs/agent/v1/JudgeHealthResponse.ts';
import type { LimitRule as _uvs_agent_v1_LimitRule, LimitRule__Output as _uvs_agent_v1_LimitRule__Output } from './uvs/agent/v1/LimitRule.ts';
import type { Limits as _uvs_agent_v1_Limits, Limits__Output as _uvs_agent_v1_Limits__Output } from './uvs/agent/v1/Limits.ts';
import type { LimitsAnswer as _uvs_agent_v1_LimitsAnswer, LimitsAnswer__Output as _uvs_agent_v1_LimitsAnswer__Output } from './uvs/agent/v1/LimitsAnswer.ts';
import type { LimitsQuestion as _uvs_agent_v1_LimitsQuestion, LimitsQuestion__Output as _uvs_agent_v1_LimitsQuestion__Output } from './uvs/agent/v1/LimitsQuestion.ts';
import type { LimitsReport as _uvs_agent_v1_LimitsReport, LimitsReport__Output as _uvs_agent_v1_LimitsReport__Output } from './uvs/agent/v1/LimitsReport.ts';
import type { NotLeader as _uvs_agent_v1_NotLeader, NotLeader__Output as _uvs_agent_v1_NotLeader__Output } from './uvs/agent/v1/NotLeader.ts';
import type { OpenOperation as _uvs_agent_v1_OpenOperation, OpenOperation__Output as _uvs_agent_v1_OpenOperation__Output } from './uvs/agent/v1/OpenOperation.ts';
import type { OutputChunk as _uvs_agent_v1_OutputChunk, OutputChunk__Output as _uvs_agent_v1_OutputChunk__Output } from './uvs/agent/v1/OutputChunk.ts';
import type { PackageRoot as _uvs_agent_v1_PackageRoot, PackageRoot__Output as _uvs_agent_v1_PackageRoot__Output } from './uvs/agent/v1/PackageRoot.ts';
import type { Progress as _uvs_agent_v1_Progress, Progress__Output as _uvs_agent_v1_Progress__Output } from './uvs/agent/v1/Progress.ts';
import type { ReadOutput as _uvs_agent_v1_ReadOutput, ReadOutput__Output as _uvs_agent_v1_ReadOutput__Output } from './uvs/agent/v1/ReadOutput.ts';
import type { RefusedUnit as _uvs_agent_v1_RefusedUnit, RefusedUnit__Output as _uvs_agent_v1_RefusedUnit__Output } from './uvs/agent/v1/RefusedUnit.ts';
import type { ReportEndedRequest as _uvs_agent_v1_ReportEndedRequest, ReportEndedRequest__Output as _uvs_agent_v1_ReportEndedRequest__Output } from './uvs/agent/v1/ReportEndedRequest.ts';
import type { ReportEndedResponse as _uvs_agent_v1_ReportEndedResponse, ReportEndedResponse__Output as _uvs_agent_v1_ReportEndedResponse__Output } from './uvs/agent/v1/ReportEndedResponse.ts';
import type { RestartableUnits as _uvs_agent_v1_RestartableUnits, RestartableUnits__Output as _uvs_agent_v1_RestartableUnits__Output } from './uvs/agent/v1/RestartableUnits.ts';
import type { Revoke as _uvs_agent_v1_Revoke, Revoke__Output as _uvs_agent_v1_Revoke__Output } from './uvs/agent/v1/Revoke.ts';
import type { SessionRequest as _uvs_agent_v1_SessionRequest, SessionRequest__Output as _uvs_agent_v1_SessionRequest__Output } from './uvs/agent/v1/SessionRequest.ts';
import type { SessionResponse as _uvs_agent_v1_SessionResponse, SessionResponse__Output as _uvs_agent_v1_SessionResponse__Output } from './uvs/agent/v1/SessionResponse.ts';
import type { Settings as _uvs_agent_v1_Settings, Settings__Output as _uvs_agent_v1_Settings__Output } from './uvs/agent/v1/Settings.ts';
import type { SettingsReport as _uvs_agent_v1_SettingsReport, SettingsReport__Output as _uvs_agent_v1_SettingsReport__Output } from './uvs/agent/v1/SettingsReport.ts';
import type { Welcome as _uvs_agent_v1_Welcome, Welcome__Output as _uvs_agent_v1_Welcome__Output } from './uvs/agent/v1/Welcome.ts';
import type { Withdrawals as _uvs_agent_v1_Withdrawals, Withdrawals__Output as _uvs_agent_v1_Withdrawals__Output } from './uvs/agent/v1/Withdrawals.ts';
import type { AbortRolloutRequest as _uvs_v1_AbortRolloutRequest, AbortRolloutRequest__Output as _uvs_v1_AbortRolloutRequest__Output } from './uvs/v1/AbortRolloutRequest.ts';
import type { AbortRolloutResponse as _uvs_v1_AbortRolloutResponse, AbortRolloutResponse__Output as _uvs_v1_AbortRolloutResponse__Output } from './uvs/v1/AbortRolloutResponse.ts';
import type { AcceptRolesRequest as _uvs_v1_AcceptRolesRequest, AcceptRolesRequest__Output as _uvs_v1_AcceptRolesRequest__Output } from './uvs/v1/AcceptRolesRequest.ts';
import type { AcceptRolesResponse as _uvs_v1_AcceptRolesResponse, AcceptRolesResponse__Output as _uvs_v1_AcceptRolesResponse__Output } from './uvs/v1/AcceptRolesResponse.ts';
import type { ApproveRolloutRequest as _uvs_v1_ApproveRolloutRequest, ApproveRolloutRequest__Output as _uvs_v1_ApproveRolloutRequest__Output } from './uvs/v1/ApproveRolloutRequest.ts';
import type { ApproveRolloutResponse as _uvs_v1_ApproveRolloutResponse, ApproveRolloutResponse__Output as _uvs_v1_ApproveRolloutResponse__Output } from './uvs/v1/ApproveRolloutResponse.ts';
import type { Blocker as _uvs_v1_Blocker, Blocker__Output as _uvs_v1_Blocker__Output } from './uvs/v1/Blocker.ts';
import type { Canary as _uvs_v1_Canary, Canary__Output as _uvs_v1_Canary__Output } from './uvs/v1/Canary.ts';
import type { ChangeForNodes as _uvs_v1_ChangeForNodes, ChangeForNodes__Output as _uvs_v1_ChangeForNodes__Output } from './uvs/v1/ChangeForNodes.ts';
import type { Condition as _uvs_v1_Condition, Condition__Output as _uvs_v1_Condition__Output } from './uvs/v1/Condition.ts';
import type { CordonNodeRequest as _uvs_v1_CordonNodeRequest, CordonNodeRequest__Output as _uvs_v1_CordonNodeRequest__Output } from './uvs/v1/CordonNodeRequest.ts';
import type { CordonNodeResponse as _uvs_v1_CordonNodeResponse, CordonNodeResponse__Output as _uvs_v1_CordonNodeResponse__Output } from './uvs/v1/CordonNodeResponse.ts';
import type { CreateRolloutRequest as _uvs_v1_CreateRolloutRequest, CreateRolloutRequest__Output as _uvs_v1_CreateRolloutRequest__Output } from './uvs/v1/CreateRolloutRequest.ts';
import type { CreateRolloutResponse as _uvs_v1_CreateRolloutResponse, CreateRolloutResponse__Output as _uvs_v1_CreateRolloutResponse__Output } from './uvs/v1/CreateRolloutResponse.ts';
import type { GetNodeRequest as _uvs_v1_GetNodeRequest, GetNodeRequest__Output as _uvs_v1_GetNodeRequest__Output } from './uvs/v1/GetNodeRequest.ts';
import type { GetNodeResponse as _uvs_v1_GetNodeResponse, GetNodeResponse__Output as _uvs_v1_GetNodeResponse__Output } from './uvs/v1/GetNodeResponse.ts';
import type { GetRolloutRequest as _uvs_v1_GetRolloutRequest, GetRolloutRequest__Output as _uvs_v1_GetRolloutRequest__Output } from './uvs/v1/GetRolloutRequest.ts';
import type { GetRolloutResponse as _uvs_v1_GetRolloutResponse, GetRolloutResponse__Output as _uvs_v1_GetRolloutResponse__Output } from './uvs/v1/GetRolloutResponse.ts';
import type { InstalledRelease as _uvs_v1_InstalledRelease, InstalledRelease__Output as _uvs_v1_InstalledRelease__Output } from './uvs/v1/InstalledRelease.ts';
import type { LabelNodeRequest as _uvs_v1_LabelNodeRequest, LabelNodeRequest__Output as _uvs_v1_LabelNodeRequest__Output } from './uvs/v1/LabelNodeRequest.ts';
import type { LabelNodeResponse as _uvs_v1_LabelNodeResponse, LabelNodeResponse__Output as _uvs_v1_LabelNodeResponse__Output } from './uvs/v1/LabelNodeResponse.ts';
import type { Limit as _uvs_v1_Limit, Limit__Output as _uvs_v1_Limit__Output } from './uvs/v1/Limit.ts';
import type { LimitRefusal as _uvs_v1_LimitRefusal, LimitRefusal__Output as _uvs_v1_LimitRefusal__Output } from './uvs/v1/LimitRefusal.ts';
import type { LimitServiceClient as _uvs_v1_LimitServiceClient, LimitServiceDefinition as _uvs_v1_LimitServiceDefinition } from './uvs/v1/LimitService.ts';
import type { ListLimitsRequest as _uvs_v1_ListLimitsRequest, ListLimitsRequest__Output as _uvs_v1_ListLimitsRequest__Output } from './uvs/v1/ListLimitsRequest.ts';
import type { ListLimitsResponse as _uvs_v1_ListLimitsResponse, ListLimitsResponse__Output as _uvs_v1_ListLimitsResponse__Output } from './uvs/v1/ListLimitsResponse.ts';
import type { ListNodeLimitsRequest as _uvs_v1_ListNodeLimitsRequest, ListNodeLimitsRequest__Output as _uvs_v1_ListNodeLimitsRequest__Output } from './uvs/v1/ListNodeLimitsRequest.ts';
import type { ListNodeLimitsResponse as _uvs_v1_ListNodeLimitsResponse, ListNodeLimitsResponse__Output as _uvs_v1_ListNodeLimitsResponse__Output } from './uvs/v1/ListNodeLimitsResponse.ts';
import type { ListNodeSettingsRequest as _uvs_v1_ListNodeSettingsRequest, ListNodeSettingsRequest__Output as _uvs_v1_ListNodeSettingsRequest__Output } from './uvs/v1/ListNodeSettingsRequest.ts';
import type { ListNodeSettingsResponse as _uvs_v1_ListNodeSettingsResponse, ListNodeSettingsResponse__Output as _uvs_v1_ListNodeSettingsResponse__Output } from './uvs/v1/ListNodeSettingsResponse.ts';
import type { ListNodesRequest as _uvs_v1_ListNodesRequest, ListNodesRequest__Output as _uvs_v1_ListNodesRequest__Output } from './uvs/v1/ListNodesRequest.ts';
import type { ListNodesResponse as _uvs_v1_ListNodesResponse, ListNodesResponse__Output as _uvs_v1_ListNodesResponse__Output } from './uvs/v1/ListNodesResponse.ts';
import type { ListRolloutsRequest as _uvs_v1_ListRolloutsRequest, ListRolloutsRequest__Output as _uvs_v1_ListRolloutsRequest__Output } from './uvs/v1/ListRolloutsRequest.ts';
import type { ListRolloutsResponse as _uvs_v1_ListRolloutsResponse, ListRolloutsResponse__Output as _uvs_v1_ListRolloutsResponse__Output } from './uvs/v1/ListRolloutsResponse.ts';
import type { ListSettingsRequest as _uvs_v1_ListSettingsRequest, ListSettingsRequest__Output as _uvs_v1_ListSettingsRequest__Output } from './uvs/v1/ListSettingsRequest.ts';
import type { ListSettingsResponse as _uvs_v1_ListSettingsResponse, ListSettingsResponse__Output as _uvs_v1_ListSettingsResponse__Output } from './uvs/v1/ListSettingsResponse.ts';
import type { Migration as _uvs_v1_Migration, Migration__Output as _uvs_v1_Migration__Output } from './uvs/v1/Migration.ts';
import type { Node as _uvs_v1_Node, Node__Output as _uvs_v1_Node__Output } from './uvs/v1/Node.ts';
import type { NodeClock as _uvs_v1_NodeClock, NodeClock__Output as _uvs_v1_NodeClock__Output } from './uvs/v1/NodeClock.ts';
import type { NodeDaemons as _uvs_v1_NodeDaemons, NodeDaemons__Output as _uvs_v1_NodeDaemons__Output } from './uvs/v1/NodeDaemons.ts';
import type { NodeFacts as _uvs_v1_NodeFacts, NodeFacts__Output as _uvs_v1_NodeFacts__Output } from './uvs/v1/NodeFacts.ts';
import type { NodeLimits as _uvs_v1_NodeLimits, NodeLimits__Output as _uvs_v1_NodeLimits__Output } from './uvs/v1/NodeLimits.ts';
import type { NodeM2 as _uvs_v1_NodeM2, NodeM2__Output as _uvs_v1_NodeM2__Output } from './uvs/v1/NodeM2.ts';
import type { NodeServiceClient as _uvs_v1_NodeServiceClient, NodeServiceDefinition as _uvs_v1_NodeServiceDefinition } from './uvs/v1/NodeService.ts';
import type { NodeSettings as _uvs_v1_NodeSettings, NodeSettings__Output as _uvs_v1_NodeSettings__Output } from './uvs/v1/NodeSettings.ts';
import type { NodeWaysBack as _uvs_v1_NodeWaysBack, NodeWaysBack__Output as _uvs_v1_NodeWaysBack__Output } from './uvs/v1/NodeWaysBack.ts';
import type { PauseRolloutRequest as _uvs_v1_PauseRolloutRequest, PauseRolloutRequest__Output as _uvs_v1_PauseRolloutRequest__Output } from './uvs/v1/PauseRolloutRequest.ts';
import type { PauseRolloutResponse as _uvs_v1_PauseRolloutResponse, PauseRolloutResponse__Output as _uvs_v1_PauseRolloutResponse__Output } from './uvs/v1/PauseRolloutResponse.ts';
import type { PlanRolloutRequest as _uvs_v1_PlanRolloutRequest, PlanRolloutRequest__Output as _uvs_v1_PlanRolloutRequest__Output } from './uvs/v1/PlanRolloutRequest.ts';
import type { PlanRolloutResponse as _uvs_v1_PlanRolloutResponse, PlanRolloutResponse__Output as _uvs_v1_PlanRolloutResponse__Output } from './uvs/v1/PlanRolloutResponse.ts';
import type { PlannedStep as _uvs_v1_PlannedStep, PlannedStep__Output as _uvs_v1_PlannedStep__Output } from './uvs/v1/PlannedStep.ts';
import type { PlannedWave as _uvs_v1_PlannedWave, PlannedWave__Output as _uvs_v1_PlannedWave__Output } from './uvs/v1/PlannedWave.ts';
import type { PreviewLimitsRequest as _uvs_v1_PreviewLimitsRequest, PreviewLimitsRequest__Output as _uvs_v1_PreviewLimitsRequest__Output } from './uvs/v1/PreviewLimitsRequest.ts';
import type { PreviewLimitsResponse as _uvs_v1_PreviewLimitsResponse, PreviewLimitsResponse__Output as _uvs_v1_PreviewLimitsResponse__Output } from './uvs/v1/PreviewLimitsResponse.ts';
import type { PreviewSettingsRequest as _uvs_v1_PreviewSettingsRequest, PreviewSettingsRequest__Output as _uvs_v1_PreviewSettingsRequest__Output } from './uvs/v1/PreviewSettingsRequest.ts';
import type { PreviewSettingsResponse as _uvs_v1_PreviewSettingsResponse, PreviewSettingsResponse__Output as _uvs_v1_PreviewSettingsResponse__Output } from './uvs/v1/PreviewSettingsResponse.ts';
import type { Reboot as _uvs_v1_Reboot, Reboot__Output as _uvs_v1_Reboot__Output } from './uvs/v1/Reboot.ts';
import type { RemoveNodeRequest as _uvs_v1_RemoveNodeRequest, RemoveNodeRequest__Output as _uvs_v1_RemoveNodeRequest__Output } from './uvs/v1/RemoveNodeRequest.ts';
import type { RemoveNodeResponse as _uvs_v1_RemoveNodeResponse, RemoveNodeResponse__Output as _uvs_v1_RemoveNodeResponse__Output } from './uvs/v1/RemoveNodeResponse.ts';
import type { Restart as _uvs_v1_Restart, Restart__Output as _uvs_v1_Restart__Output } from './uvs/v1/Restart.ts';
import type { ResumeRolloutRequest as _uvs_v1_ResumeRolloutRequest, ResumeRolloutRequest__Output as _uvs_v1_ResumeRolloutRequest__Output } from './uvs/v1/ResumeRolloutRequest.ts';
import type { ResumeRolloutResponse as _uvs_v1_ResumeRolloutResponse, ResumeRolloutResponse__Output as _uvs_v1_ResumeRolloutResponse__Output } from './uvs/v1/ResumeRolloutResponse.ts';
import type { Rollback as _uvs_v1_Rollback, Rollback__Output as _uvs_v1_Rollback__Output } from './uvs/v1/Rollback.ts';
import type { Rollout as _uvs_v1_Rollout, Rollout__Output as _uvs_v1_Rollout__Output } from './uvs/v1/Rollout.ts';
import type { RolloutServiceClient as _uvs_v1_RolloutServiceClient, RolloutServiceDefinition as _uvs_v1_RolloutServiceDefinition } from './uvs/v1/RolloutService.ts';
import type { RolloutSpec as _uvs_v1_RolloutSpec, RolloutSpec__Output as _uvs_v1_RolloutSpec__Output } from './uvs/v1/RolloutSpec.ts';
import type { Selector as _uvs_v1_Selector, Selector__Output as _uvs_v1_Selector__Output } from './uvs/v1/Selector.ts';
import type { SetLimitsRequest as _uvs_v1_SetLimitsRequest, SetLimitsRequest__Output as _uvs_v1_SetLimitsRequest__Output } from './uvs/v1/SetLimitsRequest.ts';
import type { SetLimitsResponse as _uvs_v1_SetLimitsResponse, SetLimitsResponse__Output as _uvs_v1_SetLimitsResponse__Output } from './uvs/v1/SetLimitsResponse.ts';
import type { SetSettingsRequest as _uvs_v1_SetSettingsRequest, SetSettingsRequest__Output as _uvs_v1_SetSettingsRequest__Output } from './uvs/v1/SetSettingsRequest.ts';
import type { SetSettingsResponse as _uvs_v1_SetSettingsResponse, SetSettingsResponse__Output as _uvs_v1_SetSettingsResponse__Output } from './uvs/v1/SetSettingsResponse.ts';
import type { SettingServiceClient as _uvs_v1_SettingServiceClient, SettingServiceDefinition as _uvs_v1_SettingServiceDefinition } from './uvs/v1/SettingService.ts';
import type { SettingStanding as _uvs_v1_SettingStanding, SettingStanding__Output as _uvs_v1_SettingStanding__Output } from './uvs/v1/SettingStanding.ts';
import type { Settings as _uvs_v1_Settings, Settings__Output as _uvs_v1_Settings__Output } from './uvs/v1/Settings.ts';
import type { SlotToken as _uvs_v1_SlotToken, SlotToken__Output as _uvs_v1_SlotToken__Output } from './uvs/v1/SlotToken.ts';
import type { Step as _uvs_v1_Step, Step__Output as _uvs_v1_Step__Output } from './uvs/v1/Step.ts';
import type { UncordonNodeRequest as _uvs_v1_UncordonNodeRequest, UncordonNodeRequest__Output as _uvs_v1_UncordonNodeRequest__Output } from './uvs/v1/UncordonNodeRequest.ts';
import type { UncordonNodeResponse as _uvs_v1_UncordonNodeResponse, UncordonNodeResponse__Output as _uvs_v1_UncordonNodeResponse__Output } from './uvs/v1/UncordonNodeResponse.ts';
import type { UnitLimits as _uvs_v1_UnitLimits, UnitLimits__Output as _uvs_v1_UnitLimits__Output } from './uvs/v1/UnitLimits.ts';
import type { UnsetLimitsRequest as _uvs_v1_UnsetLimitsRequest, UnsetLimitsRequest__Output as _uvs_v1_UnsetLimitsRequest__Output } from './uvs/v1/UnsetLimitsRequest.ts';
import type { UnsetLimitsResponse as _uvs_v1_UnsetLimitsResponse, UnsetLimitsResponse__Output as _uvs_v1_UnsetLimitsResponse__Output } from './uvs/v1/UnsetLimitsResponse.ts';
import type { UnsetSettingsRequest as _uvs_v1_UnsetSettingsRequest, UnsetSettingsRequest__Output as _uvs_v1_UnsetSettingsRequest__Output } from './uvs/v1/UnsetSettingsRequest.ts';
import type { UnsetSettingsResponse as _uvs_v1_UnsetSettingsResponse, UnsetSettingsResponse__Output as _uvs_v1_UnsetSettingsResponse__Output } from './uvs/v1/UnsetSettingsResponse.ts';
import type { ValueChange as _uvs_v1_ValueChange, ValueChange__Output as _uvs_v1_ValueChange__Output } from './uvs/v1/ValueChange.ts';
import type { WatchRolloutRequest as _uvs_v1_WatchRolloutRequest, WatchRolloutRequest__Output as _uvs_v1_WatchRolloutRequest__Output } from './uvs/v1/WatchRolloutRequest.ts';
import type { WatchRolloutResponse as _uvs_v1_WatchRolloutResponse, WatchRolloutResponse__Output as _uvs_v1_WatchRolloutResponse__Output } from './uvs/v1/WatchRolloutResponse.ts';
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
    agent: {
      v1: {
        AgentService: SubtypeConstructor<typeof grpc.Client, _uvs_agent_v1_AgentServiceClient> & { service: _uvs_agent_v1_AgentServiceDefinition }
        Assign: MessageTypeDefinition<_uvs_agent_v1_Assign, _uvs_agent_v1_Assign__Output>
        BeginRequest: MessageTypeDefinition<_uvs_agent_v1_BeginRequest, _uvs_agent_v1_BeginRequest__Output>
        BeginResponse: MessageTypeDefinition<_uvs_agent_v1_BeginResponse, _uvs_agent_v1_BeginResponse__Output>
        Cancel: MessageTypeDefinition<_uvs_agent_v1_Cancel, _uvs_agent_v1_Cancel__Output>
        ConfirmTokenRequest: MessageTypeDefinition<_uvs_agent_v1_ConfirmTokenRequest, _uvs_agent_v1_ConfirmTokenRequest__Output>
        ConfirmTokenResponse: MessageTypeDefinition<_uvs_agent_v1_ConfirmTokenResponse, _uvs_agent_v1_ConfirmTokenResponse__Output>
        EndedOperation: MessageTypeDefinition<_uvs_agent_v1_EndedOperation, _uvs_agent_v1_EndedOperation__Output>
        GetPackageKeyRequest: MessageTypeDefinition<_uvs_agent_v1_GetPackageKeyRequest, _uvs_agent_v1_GetPackageKeyRequest__Output>
        GetPackageKeyResponse: MessageTypeDefinition<_uvs_agent_v1_GetPackageKeyResponse, _uvs_agent_v1_GetPackageKeyResponse__Output>
        Grant: MessageTypeDefinition<_uvs_agent_v1_Grant, _uvs_agent_v1_Grant__Output>
        HealthEvidence: MessageTypeDefinition<_uvs_agent_v1_HealthEvidence, _uvs_agent_v1_HealthEvidence__Output>
        HealthProbe: MessageTypeDefinition<_uvs_agent_v1_HealthProbe, _uvs_agent_v1_HealthProbe__Output>
        HealthVerdict: EnumTypeDefinition
        Heartbeat: MessageTypeDefinition<_uvs_agent_v1_Heartbeat, _uvs_agent_v1_Heartbeat__Output>
        Hello: MessageTypeDefinition<_uvs_agent_v1_Hello, _uvs_agent_v1_Hello__Output>
        JudgeHealthRequest: MessageTypeDefinition<_uvs_agent_v1_JudgeHealthRequest, _uvs_agent_v1_JudgeHealthRequest__Output>
        JudgeHealthResponse: MessageTypeDefinition<_uvs_agent_v1_JudgeHealthResponse, _uvs_agent_v1_JudgeHealthResponse__Output>
        LimitRule: MessageTypeDefinition<_uvs_agent_v1_LimitRule, _uvs_agent_v1_LimitRule__Output>
        Limits: MessageTypeDefinition<_uvs_agent_v1_Limits, _uvs_agent_v1_Limits__Output>
        LimitsAnswer: MessageTypeDefinition<_uvs_agent_v1_LimitsAnswer, _uvs_agent_v1_LimitsAnswer__Output>
        LimitsQuestion: MessageTypeDefinition<_uvs_agent_v1_LimitsQuestion, _uvs_agent_v1_LimitsQuestion__Output>
        LimitsReport: MessageTypeDefinition<_uvs_agent_v1_LimitsReport, _uvs_agent_v1_LimitsReport__Output>
        NotLeader: MessageTypeDefinition<_uvs_agent_v1_NotLeader, _uvs_agent_v1_NotLeader__Output>
        OpenOperation: MessageTypeDefinition<_uvs_agent_v1_OpenOperation, _uvs_agent_v1_OpenOperation__Output>
        Outcome: EnumTypeDefinition
        OutputChunk: MessageTypeDefinition<_uvs_agent_v1_OutputChunk, _uvs_agent_v1_OutputChunk__Output>
        PackageRoot: MessageTypeDefinition<_uvs_agent_v1_PackageRoot, _uvs_agent_v1_PackageRoot__Output>
        Progress: MessageTypeDefinition<_uvs_agent_v1_Progress, _uvs_agent_v1_Progress__Output>
        ReadOutput: MessageTypeDefinition<_uvs_agent_v1_ReadOutput, _uvs_agent_v1_ReadOutput__Output>
        RefusedUnit: MessageTypeDefinition<_uvs_agent_v1_RefusedUnit, _uvs_agent_v1_RefusedUnit__Output>
        ReportEndedRequest: MessageTypeDefinition<_uvs_agent_v1_ReportEndedRequest, _uvs_agent_v1_ReportEndedRequest__Output>
        ReportEndedResponse: MessageTypeDefinition<_uvs_agent_v1_ReportEndedResponse, _uvs_agent_v1_ReportEndedResponse__Output>
        RestartableUnits: MessageTypeDefinition<_uvs_agent_v1_RestartableUnits, _uvs_agent_v1_RestartableUnits__Output>
        Revoke: MessageTypeDefinition<_uvs_agent_v1_Revoke, _uvs_agent_v1_Revoke__Output>
        SessionRequest: MessageTypeDefinition<_uvs_agent_v1_SessionRequest, _uvs_agent_v1_SessionRequest__Output>
        SessionResponse: MessageTypeDefinition<_uvs_agent_v1_SessionResponse, _uvs_agent_v1_SessionResponse__Output>
        Settings: MessageTypeDefinition<_uvs_agent_v1_Settings, _uvs_agent_v1_Settings__Output>
        SettingsReport: MessageTypeDefinition<_uvs_agent_v1_SettingsReport, _uvs_agent_v1_SettingsReport__Output>
        Welcome: MessageTypeDefinition<_uvs_agent_v1_Welcome, _uvs_agent_v1_Welcome__Output>
        Withdrawals: MessageTypeDefinition<_uvs_agent_v1_Withdrawals, _uvs_agent_v1_Withdrawals__Output>
      }
    }
    v1: {
      AbortRolloutRequest: MessageTypeDefinition<_uvs_v1_AbortRolloutRequest, _uvs_v1_AbortRolloutRequest__Output>
      AbortRolloutResponse: MessageTypeDefinition<_uvs_v1_AbortRolloutResponse, _uvs_v1_AbortRolloutResponse__Output>
      AcceptRolesRequest: MessageTypeDefinition<_uvs_v1_AcceptRolesRequest, _uvs_v1_AcceptRolesRequest__Output>
      AcceptRolesResponse: MessageTypeDefinition<_uvs_v1_AcceptRolesResponse, _uvs_v1_AcceptRolesResponse__Output>
      ApproveRolloutRequest: MessageTypeDefinition<_uvs_v1_ApproveRolloutRequest, _uvs_v1_ApproveRolloutRequest__Output>
      ApproveRolloutResponse: MessageTypeDefinition<_uvs_v1_ApproveRolloutResponse, _uvs_v1_ApproveRolloutResponse__Output>
      Blocker: MessageTypeDefinition<_uvs_v1_Blocker, _uvs_v1_Blocker__Output>
      Canary: MessageTypeDefinition<_uvs_v1_Canary, _uvs_v1_Canary__Output>
      ChangeForNodes: MessageTypeDefinition<_uvs_v1_ChangeForNodes, _uvs_v1_ChangeForNodes__Output>
      Condition: MessageTypeDefinition<_uvs_v1_Condition, _uvs_v1_Condition__Output>
      CordonNodeRequest: MessageTypeDefinition<_uvs_v1_CordonNodeRequest, _uvs_v1_CordonNodeRequest__Output>
      CordonNodeResponse: MessageTypeDefinition<_uvs_v1_CordonNodeResponse, _uvs_v1_CordonNodeResponse__Output>
      CreateRolloutRequest: MessageTypeDefinition<_uvs_v1_CreateRolloutRequest, _uvs_v1_CreateRolloutRequest__Output>
      CreateRolloutResponse: MessageTypeDefinition<_uvs_v1_CreateRolloutResponse, _uvs_v1_CreateRolloutResponse__Output>
      FailureAction: EnumTypeDefinition
      GetNodeRequest: MessageTypeDefinition<_uvs_v1_GetNodeRequest, _uvs_v1_GetNodeRequest__Output>
      GetNodeResponse: MessageTypeDefinition<_uvs_v1_GetNodeResponse, _uvs_v1_GetNodeResponse__Output>
      GetRolloutRequest: MessageTypeDefinition<_uvs_v1_GetRolloutRequest, _uvs_v1_GetRolloutRequest__Output>
      GetRolloutResponse: MessageTypeDefinition<_uvs_v1_GetRolloutResponse, _uvs_v1_GetRolloutResponse__Output>
      InstalledRelease: MessageTypeDefinition<_uvs_v1_InstalledRelease, _uvs_v1_InstalledRelease__Output>
      LabelNodeRequest: MessageTypeDefinition<_uvs_v1_LabelNodeRequest, _uvs_v1_LabelNodeRequest__Output>
      LabelNodeResponse: MessageTypeDefinition<_uvs_v1_LabelNodeResponse, _uvs_v1_LabelNodeResponse__Output>
      Limit: MessageTypeDefinition<_uvs_v1_Limit, _uvs_v1_Limit__Output>
      LimitRefusal: MessageTypeDefinition<_uvs_v1_LimitRefusal, _uvs_v1_LimitRefusal__Output>
      LimitService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_LimitServiceClient> & { service: _uvs_v1_LimitServiceDefinition }
      LimitState: EnumTypeDefinition
      ListLimitsRequest: MessageTypeDefinition<_uvs_v1_ListLimitsRequest, _uvs_v1_ListLimitsRequest__Output>
      ListLimitsResponse: MessageTypeDefinition<_uvs_v1_ListLimitsResponse, _uvs_v1_ListLimitsResponse__Output>
      ListNodeLimitsRequest: MessageTypeDefinition<_uvs_v1_ListNodeLimitsRequest, _uvs_v1_ListNodeLimitsRequest__Output>
      ListNodeLimitsResponse: MessageTypeDefinition<_uvs_v1_ListNodeLimitsResponse, _uvs_v1_ListNodeLimitsResponse__Output>
      ListNodeSettingsRequest: MessageTypeDefinition<_uvs_v1_ListNodeSettingsRequest, _uvs_v1_ListNodeSettingsRequest__Output>
      ListNodeSettingsResponse: MessageTypeDefinition<_uvs_v1_ListNodeSettingsResponse, _uvs_v1_ListNodeSettingsResponse__Output>
      ListNodesRequest: MessageTypeDefinition<_uvs_v1_ListNodesRequest, _uvs_v1_ListNodesRequest__Output>
      ListNodesResponse: MessageTypeDefinition<_uvs_v1_ListNodesResponse, _uvs_v1_ListNodesResponse__Output>
      ListRolloutsRequest: MessageTypeDefinition<_uvs_v1_ListRolloutsRequest, _uvs_v1_ListRolloutsRequest__Output>
      ListRolloutsResponse: MessageTypeDefinition<_uvs_v1_ListRolloutsResponse, _uvs_v1_ListRolloutsResponse__Output>
      ListSettingsRequest: MessageTypeDefinition<_uvs_v1_ListSettingsRequest, _uvs_v1_ListSettingsRequest__Output>
      ListSettingsResponse: MessageTypeDefinition<_uvs_v1_ListSettingsResponse, _uvs_v1_ListSettingsResponse__Output>
      Migration: MessageTypeDefinition<_uvs_v1_Migration, _uvs_v1_Migration__Output>
      MigrationAct: EnumTypeDefinition
      Node: MessageTypeDefinition<_uvs_v1_Node, _uvs_v1_Node__Output>
      NodeClock: MessageTypeDefinition<_uvs_v1_NodeClock, _uvs_v1_NodeClock__Output>
      NodeDaemons: MessageTypeDefinition<_uvs_v1_NodeDaemons, _uvs_v1_NodeDaemons__Output>
      NodeFacts: MessageTypeDefinition<_uvs_v1_NodeFacts, _uvs_v1_NodeFacts__Output>
      NodeLimits: MessageTypeDefinition<_uvs_v1_NodeLimits, _uvs_v1_NodeLimits__Output>
      NodeM2: MessageTypeDefinition<_uvs_v1_NodeM2, _uvs_v1_NodeM2__Output>
      NodeService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_NodeServiceClient> & { service: _uvs_v1_NodeServiceDefinition }
      NodeSettings: MessageTypeDefinition<_uvs_v1_NodeSettings, _uvs_v1_NodeSettings__Output>
      NodeState: EnumTypeDefinition
      NodeWaysBack: MessageTypeDefinition<_uvs_v1_NodeWaysBack, _uvs_v1_NodeWaysBack__Output>
      PauseCause: EnumTypeDefinition
      PauseRolloutRequest: MessageTypeDefinition<_uvs_v1_PauseRolloutRequest, _uvs_v1_PauseRolloutRequest__Output>
      PauseRolloutResponse: MessageTypeDefinition<_uvs_v1_PauseRolloutResponse, _uvs_v1_PauseRolloutResponse__Output>
      PlanRolloutRequest: MessageTypeDefinition<_uvs_v1_PlanRolloutRequest, _uvs_v1_PlanRolloutRequest__Output>
      PlanRolloutResponse: MessageTypeDefinition<_uvs_v1_PlanRolloutResponse, _uvs_v1_PlanRolloutResponse__Output>
      PlannedStep: MessageTypeDefinition<_uvs_v1_PlannedStep, _uvs_v1_PlannedStep__Output>
      PlannedWave: MessageTypeDefinition<_uvs_v1_PlannedWave, _uvs_v1_PlannedWave__Output>
      PreviewLimitsRequest: MessageTypeDefinition<_uvs_v1_PreviewLimitsRequest, _uvs_v1_PreviewLimitsRequest__Output>
      PreviewLimitsResponse: MessageTypeDefinition<_uvs_v1_PreviewLimitsResponse, _uvs_v1_PreviewLimitsResponse__Output>
      PreviewSettingsRequest: MessageTypeDefinition<_uvs_v1_PreviewSettingsRequest, _uvs_v1_PreviewSettingsRequest__Output>
      PreviewSettingsResponse: MessageTypeDefinition<_uvs_v1_PreviewSettingsResponse, _uvs_v1_PreviewSettingsResponse__Output>
      Reboot: MessageTypeDefinition<_uvs_v1_Reboot, _uvs_v1_Reboot__Output>
      RemoveNodeRequest: MessageTypeDefinition<_uvs_v1_RemoveNodeRequest, _uvs_v1_RemoveNodeRequest__Output>
      RemoveNodeResponse: MessageTypeDefinition<_uvs_v1_RemoveNodeResponse, _uvs_v1_RemoveNodeResponse__Output>
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
      SetLimitsRequest: MessageTypeDefinition<_uvs_v1_SetLimitsRequest, _uvs_v1_SetLimitsRequest__Output>
      SetLimitsResponse: MessageTypeDefinition<_uvs_v1_SetLimitsResponse, _uvs_v1_SetLimitsResponse__Output>
      SetSettingsRequest: MessageTypeDefinition<_uvs_v1_SetSettingsRequest, _uvs_v1_SetSettingsRequest__Output>
      SetSettingsResponse: MessageTypeDefinition<_uvs_v1_SetSettingsResponse, _uvs_v1_SetSettingsResponse__Output>
      SettingService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_SettingServiceClient> & { service: _uvs_v1_SettingServiceDefinition }
      SettingStanding: MessageTypeDefinition<_uvs_v1_SettingStanding, _uvs_v1_SettingStanding__Output>
      SettingState: EnumTypeDefinition
      Settings: MessageTypeDefinition<_uvs_v1_Settings, _uvs_v1_Settings__Output>
      SlotToken: MessageTypeDefinition<_uvs_v1_SlotToken, _uvs_v1_SlotToken__Output>
      Step: MessageTypeDefinition<_uvs_v1_Step, _uvs_v1_Step__Output>
      StepState: EnumTypeDefinition
      UncordonNodeRequest: MessageTypeDefinition<_uvs_v1_UncordonNodeRequest, _uvs_v1_UncordonNodeRequest__Output>
      UncordonNodeResponse: MessageTypeDefinition<_uvs_v1_UncordonNodeResponse, _uvs_v1_UncordonNodeResponse__Output>
      UnitLimits: MessageTypeDefinition<_uvs_v1_UnitLimits, _uvs_v1_UnitLimits__Output>
      UnsetLimitsRequest: MessageTypeDefinition<_uvs_v1_UnsetLimitsRequest, _uvs_v1_UnsetLimitsRequest__Output>
      UnsetLimitsResponse: MessageTypeDefinition<_uvs_v1_UnsetLimitsResponse, _uvs_v1_UnsetLimitsResponse__Output>
      UnsetSettingsRequest: MessageTypeDefinition<_uvs_v1_UnsetSettingsRequest, _uvs_v1_UnsetSettingsRequest__Output>
      UnsetSettingsResponse: MessageTypeDefinition<_uvs_v1_UnsetSettingsResponse, _uvs_v1_UnsetSettingsResponse__Output>
      ValueChange: MessageTypeDefinition<_uvs_v1_ValueChange, _uvs_v1_ValueChange__Output>
      WatchRolloutRequest: MessageTypeDefinition<_uvs_v1_WatchRolloutRequest, _uvs_v1_WatchRolloutRequest__Output>
      WatchRolloutResponse: MessageTypeDefinition<_uvs_v1_WatchRolloutResponse, _uvs_v1_WatchRolloutResponse__Output>
      WayBack: MessageTypeDefinition<_uvs_v1_WayBack, _uvs_v1_WayBack__Output>
      WriteOffNodeRequest: MessageTypeDefinition<_uvs_v1_WriteOffNodeRequest, _uvs_v1_WriteOffNodeRequest__Output>
      WriteOffNodeResponse: MessageTypeDefinition<_uvs_v1_WriteOffNodeResponse, _uvs_v1_WriteOffNodeResponse__Output>
    }
  }
}

