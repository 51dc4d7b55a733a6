// Original file: proto/uvs/v1/rollout.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AbortRolloutRequest as _uvs_v1_AbortRolloutRequest, AbortRolloutRequest__Output as _uvs_v1_AbortRolloutRequest__Output } from '../../uvs/v1/AbortRolloutRequest.ts';
import type { AbortRolloutResponse as _uvs_v1_AbortRolloutResponse, AbortRolloutResponse__Output as _uvs_v1_AbortRolloutResponse__Output } from '../../uvs/v1/AbortRolloutResponse.ts';
import type { ApproveRolloutRequest as _uvs_v1_ApproveRolloutRequest, ApproveRolloutRequest__Output as _uvs_v1_ApproveRolloutRequest__Output } from '../../uvs/v1/ApproveRolloutRequest.ts';
import type { ApproveRolloutResponse as _uvs_v1_ApproveRolloutResponse, ApproveRolloutResponse__Output as _uvs_v1_ApproveRolloutResponse__Output } from '../../uvs/v1/ApproveRolloutResponse.ts';
import type { CreateRolloutRequest as _uvs_v1_CreateRolloutRequest, CreateRolloutRequest__Output as _uvs_v1_CreateRolloutRequest__Output } from '../../uvs/v1/CreateRolloutRequest.ts';
import type { CreateRolloutResponse as _uvs_v1_CreateRolloutResponse, CreateRolloutResponse__Output as _uvs_v1_CreateRolloutResponse__Output } from '../../uvs/v1/CreateRolloutResponse.ts';
import type { GetRolloutRequest as _uvs_v1_GetRolloutRequest, GetRolloutRequest__Output as _uvs_v1_GetRolloutRequest__Output } from '../../uvs/v1/GetRolloutRequest.ts';
import type { GetRolloutResponse as _uvs_v1_GetRolloutResponse, GetRolloutResponse__Output as _uvs_v1_GetRolloutResponse__Output } from '../../uvs/v1/GetRolloutResponse.ts';
import type { ListRolloutsRequest as _uvs_v1_ListRolloutsRequest, ListRolloutsRequest__Output as _uvs_v1_ListRolloutsRequest__Output } from '../../uvs/v1/ListRolloutsRequest.ts';
import type { ListRolloutsResponse as _uvs_v1_ListRolloutsResponse, ListRolloutsResponse__Output as _uvs_v1_ListRolloutsResponse__Output } from '../../uvs/v1/ListRolloutsResponse.ts';
import type { PauseRolloutRequest as _uvs_v1_PauseRolloutRequest, PauseRolloutRequest__Output as _uvs_v1_PauseRolloutRequest__Output } from '../../uvs/v1/PauseRolloutRequest.ts';
import type { PauseRolloutResponse as _uvs_v1_PauseRolloutResponse, PauseRolloutResponse__Output as _uvs_v1_PauseRolloutResponse__Output } from '../../uvs/v1/PauseRolloutResponse.ts';
import type { PlanRolloutRequest as _uvs_v1_PlanRolloutRequest, PlanRolloutRequest__Output as _uvs_v1_PlanRolloutRequest__Output } from '../../uvs/v1/PlanRolloutRequest.ts';
import type { PlanRolloutResponse as _uvs_v1_PlanRolloutResponse, PlanRolloutResponse__Output as _uvs_v1_PlanRolloutResponse__Output } from '../../uvs/v1/PlanRolloutResponse.ts';
import type { ResumeRolloutRequest as _uvs_v1_ResumeRolloutRequest, ResumeRolloutRequest__Output as _uvs_v1_ResumeRolloutRequest__Output } from '../../uvs/v1/ResumeRolloutRequest.ts';
import type { ResumeRolloutResponse as _uvs_v1_ResumeRolloutResponse, ResumeRolloutResponse__Output as _uvs_v1_ResumeRolloutResponse__Output } from '../../uvs/v1/ResumeRolloutResponse.ts';
import type { WatchRolloutRequest as _uvs_v1_WatchRolloutRequest, WatchRolloutRequest__Output as _uvs_v1_WatchRolloutRequest__Output } from '../../uvs/v1/WatchRolloutRequest.ts';
import type { WatchRolloutResponse as _uvs_v1_WatchRolloutResponse, WatchRolloutResponse__Output as _uvs_v1_WatchRolloutResponse__Output } from '../../uvs/v1/WatchRolloutResponse.ts';

export interface RolloutServiceClient extends grpc.Client {
  AbortRollout(argument: _uvs_v1_AbortRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AbortRolloutResponse__Output>): grpc.ClientUnaryCall;
  AbortRollout(argument: _uvs_v1_AbortRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_AbortRolloutResponse__Output>): grpc.ClientUnaryCall;
  AbortRollout(argument: _uvs_v1_AbortRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AbortRolloutResponse__Output>): grpc.ClientUnaryCall;
  AbortRollout(argument: _uvs_v1_AbortRolloutRequest, callback: grpc.requestCallback<_uvs_v1_AbortRolloutResponse__Output>): grpc.ClientUnaryCall;
  abortRollout(argument: _uvs_v1_AbortRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AbortRolloutResponse__Output>): grpc.ClientUnaryCall;
  abortRollout(argument: _uvs_v1_AbortRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_AbortRolloutResponse__Output>): grpc.ClientUnaryCall;
  abortRollout(argument: _uvs_v1_AbortRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_AbortRolloutResponse__Output>): grpc.ClientUnaryCall;
  abortRollout(argument: _uvs_v1_AbortRolloutRequest, callback: grpc.requestCallback<_uvs_v1_AbortRolloutResponse__Output>): grpc.ClientUnaryCall;
  
  ApproveRollout(argument: _uvs_v1_ApproveRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ApproveRolloutResponse__Output>): grpc.ClientUnaryCall;
  ApproveRollout(argument: _uvs_v1_ApproveRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ApproveRolloutResponse__Output>): grpc.ClientUnaryCall;
  ApproveRollout(argument: _uvs_v1_ApproveRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ApproveRolloutResponse__Output>): grpc.ClientUnaryCall;
  ApproveRollout(argument: _uvs_v1_ApproveRolloutRequest, callback: grpc.requestCallback<_uvs_v1_ApproveRolloutResponse__Output>): grpc.ClientUnaryCall;
  approveRollout(argument: _uvs_v1_ApproveRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ApproveRolloutResponse__Output>): grpc.ClientUnaryCall;
  approveRollout(argument: _uvs_v1_ApproveRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ApproveRolloutResponse__Output>): grpc.ClientUnaryCall;
  approveRollout(argument: _uvs_v1_ApproveRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ApproveRolloutResponse__Output>): grpc.ClientUnaryCall;
  approveRollout(argument: _uvs_v1_ApproveRolloutRequest, callback: grpc.requestCallback<_uvs_v1_ApproveRolloutResponse__Output>): grpc.ClientUnaryCall;
  
  CreateRollout(argument: _uvs_v1_CreateRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateRolloutResponse__Output>): grpc.ClientUnaryCall;
  CreateRollout(argument: _uvs_v1_CreateRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_CreateRolloutResponse__Output>): grpc.ClientUnaryCall;
  CreateRollout(argument: _uvs_v1_CreateRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateRolloutResponse__Output>): grpc.ClientUnaryCall;
  CreateRollout(argument: _uvs_v1_CreateRolloutRequest, callback: grpc.requestCallback<_uvs_v1_CreateRolloutResponse__Output>): grpc.ClientUnaryCall;
  createRollout(argument: _uvs_v1_CreateRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateRolloutResponse__Output>): grpc.ClientUnaryCall;
  createRollout(argument: _uvs_v1_CreateRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_CreateRolloutResponse__Output>): grpc.ClientUnaryCall;
  createRollout(argument: _uvs_v1_CreateRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateRolloutResponse__Output>): grpc.ClientUnaryCall;
  createRollout(argument: _uvs_v1_CreateRolloutRequest, callback: grpc.requestCallback<_uvs_v1_CreateRolloutResponse__Output>): grpc.ClientUnaryCall;
  
  GetRollout(argument: _uvs_v1_GetRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetRolloutResponse__Output>): grpc.ClientUnaryCall;
  GetRollout(argument: _uvs_v1_GetRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetRolloutResponse__Output>): grpc.ClientUnaryCall;
  GetRollout(argument: _uvs_v1_GetRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetRolloutResponse__Output>): grpc.ClientUnaryCall;
  GetRollout(argument: _uvs_v1_GetRolloutRequest, callback: grpc.requestCallback<_uvs_v1_GetRolloutResponse__Output>): grpc.ClientUnaryCall;
  getRollout(argument: _uvs_v1_GetRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetRolloutResponse__Output>): grpc.ClientUnaryCall;
  getRollout(argument: _uvs_v1_GetRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetRolloutResponse__Output>): grpc.ClientUnaryCall;
  getRollout(argument: _uvs_v1_GetRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetRolloutResponse__Output>): grpc.ClientUnaryCall;
  getRollout(argument: _uvs_v1_GetRolloutRequest, callback: grpc.requestCallback<_uvs_v1_GetRolloutResponse__Output>): grpc.ClientUnaryCall;
  
  ListRollouts(argument: _uvs_v1_ListRolloutsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListRolloutsResponse__Output>): grpc.ClientUnaryCall;
  ListRollouts(argument: _uvs_v1_ListRolloutsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListRolloutsResponse__Output>): grpc.ClientUnaryCall;
  ListRollouts(argument: _uvs_v1_ListRolloutsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListRolloutsResponse__Output>): grpc.ClientUnaryCall;
  ListRollouts(argument: _uvs_v1_ListRolloutsRequest, callback: grpc.requestCallback<_uvs_v1_ListRolloutsResponse__Output>): grpc.ClientUnaryCall;
  listRollouts(argument: _uvs_v1_ListRolloutsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListRolloutsResponse__Output>): grpc.ClientUnaryCall;
  listRollouts(argument: _uvs_v1_ListRolloutsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListRolloutsResponse__Output>): grpc.ClientUnaryCall;
  listRollouts(argument: _uvs_v1_ListRolloutsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListRolloutsResponse__Output>): grpc.ClientUnaryCall;
  listRollouts(argument: _uvs_v1_ListRolloutsRequest, callback: grpc.requestCallback<_uvs_v1_ListRolloutsResponse__Output>): grpc.ClientUnaryCall;
  
  PauseRollout(argument: _uvs_v1_PauseRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PauseRolloutResponse__Output>): grpc.ClientUnaryCall;
  PauseRollout(argument: _uvs_v1_PauseRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_PauseRolloutResponse__Output>): grpc.ClientUnaryCall;
  PauseRollout(argument: _uvs_v1_PauseRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PauseRolloutResponse__Output>): grpc.ClientUnaryCall;
  PauseRollout(argument: _uvs_v1_PauseRolloutRequest, callback: grpc.requestCallback<_uvs_v1_PauseRolloutResponse__Output>): grpc.ClientUnaryCall;
  pauseRollout(argument: _uvs_v1_PauseRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PauseRolloutResponse__Output>): grpc.ClientUnaryCall;
  pauseRollout(argument: _uvs_v1_PauseRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_PauseRolloutResponse__Output>): grpc.ClientUnaryCall;
  pauseRollout(argument: _uvs_v1_PauseRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PauseRolloutResponse__Output>): grpc.ClientUnaryCall;
  pauseRollout(argument: _uvs_v1_PauseRolloutRequest, callback: grpc.requestCallback<_uvs_v1_PauseRolloutResponse__Output>): grpc.ClientUnaryCall;
  
  PlanRollout(argument: _uvs_v1_PlanRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PlanRolloutResponse__Output>): grpc.ClientUnaryCall;
  PlanRollout(argument: _uvs_v1_PlanRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_PlanRolloutResponse__Output>): grpc.ClientUnaryCall;
  PlanRollout(argument: _uvs_v1_PlanRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PlanRolloutResponse__Output>): grpc.ClientUnaryCall;
  PlanRollout(argument: _uvs_v1_PlanRolloutRequest, callback: grpc.requestCallback<_uvs_v1_PlanRolloutResponse__Output>): grpc.ClientUnaryCall;
  planRollout(argument: _uvs_v1_PlanRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PlanRolloutResponse__Output>): grpc.ClientUnaryCall;
  planRollout(argument: _uvs_v1_PlanRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_PlanRolloutResponse__Output>): grpc.ClientUnaryCall;
  planRollout(argument: _uvs_v1_PlanRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_PlanRolloutResponse__Output>): grpc.ClientUnaryCall;
  planRollout(argument: _uvs_v1_PlanRolloutRequest, callback: grpc.requestCallback<_uvs_v1_PlanRolloutResponse__Output>): grpc.ClientUnaryCall;
  
  ResumeRollout(argument: _uvs_v1_ResumeRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ResumeRolloutResponse__Output>): grpc.ClientUnaryCall;
  ResumeRollout(argument: _uvs_v1_ResumeRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ResumeRolloutResponse__Output>): grpc.ClientUnaryCall;
  ResumeRollout(argument: _uvs_v1_ResumeRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ResumeRolloutResponse__Output>): grpc.ClientUnaryCall;
  ResumeRollout(argument: _uvs_v1_ResumeRolloutRequest, callback: grpc.requestCallback<_uvs_v1_ResumeRolloutResponse__Output>): grpc.ClientUnaryCall;
  resumeRollout(argument: _uvs_v1_ResumeRolloutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ResumeRolloutResponse__Output>): grpc.ClientUnaryCall;
  resumeRollout(argument: _uvs_v1_ResumeRolloutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ResumeRolloutResponse__Output>): grpc.ClientUnaryCall;
  resumeRollout(argument: _uvs_v1_ResumeRolloutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ResumeRolloutResponse__Output>): grpc.ClientUnaryCall;
  resumeRollout(argument: _uvs_v1_ResumeRolloutRequest, callback: grpc.requestCallback<_uvs_v1_ResumeRolloutResponse__Output>): grpc.ClientUnaryCall;
  
  WatchRollout(argument: _uvs_v1_WatchRolloutRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_uvs_v1_WatchRolloutResponse__Output>;
  WatchRollout(argument: _uvs_v1_WatchRolloutRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_uvs_v1_WatchRolloutResponse__Output>;
  watchRollout(argument: _uvs_v1_WatchRolloutRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_uvs_v1_WatchRolloutResponse__Output>;
  watchRollout(argument: _uvs_v1_WatchRolloutRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_uvs_v1_WatchRolloutResponse__Output>;
  
}

export interface RolloutServiceHandlers extends grpc.UntypedServiceImplementation {
  AbortRollout: grpc.handleUnaryCall<_uvs_v1_AbortRolloutRequest__Output, _uvs_v1_AbortRolloutResponse>;
  
  ApproveRollout: grpc.handleUnaryCall<_uvs_v1_ApproveRolloutRequest__Output, _uvs_v1_ApproveRolloutResponse>;
  
  CreateRollout: grpc.handleUnaryCall<_uvs_v1_CreateRolloutRequest__Output, _uvs_v1_CreateRolloutResponse>;
  
  GetRollout: grpc.handleUnaryCall<_uvs_v1_GetRolloutRequest__Output, _uvs_v1_GetRolloutResponse>;
  
  ListRollouts: grpc.handleUnaryCall<_uvs_v1_ListRolloutsRequest__Output, _uvs_v1_ListRolloutsResponse>;
  
  PauseRollout: grpc.handleUnaryCall<_uvs_v1_PauseRolloutRequest__Output, _uvs_v1_PauseRolloutResponse>;
  
  PlanRollout: grpc.handleUnaryCall<_uvs_v1_PlanRolloutRequest__Output, _uvs_v1_PlanRolloutResponse>;
  
  ResumeRollout: grpc.handleUnaryCall<_uvs_v1_ResumeRolloutRequest__Output, _uvs_v1_ResumeRolloutResponse>;
  
  WatchRollout: grpc.handleServerStreamingCall<_uvs_v1_WatchRolloutRequest__Output, _uvs_v1_WatchRolloutResponse>;
  
}

export interface RolloutServiceDefinition extends grpc.ServiceDefinition {
  AbortRollout: MethodDefinition<_uvs_v1_AbortRolloutRequest, _uvs_v1_AbortRolloutResponse, _uvs_v1_AbortRolloutRequest__Output, _uvs_v1_AbortRolloutResponse__Output>
  ApproveRollout: MethodDefinition<_uvs_v1_ApproveRolloutRequest, _uvs_v1_ApproveRolloutResponse, _uvs_v1_ApproveRolloutRequest__Output, _uvs_v1_ApproveRolloutResponse__Output>
  CreateRollout: MethodDefinition<_uvs_v1_CreateRolloutRequest, _uvs_v1_CreateRolloutResponse, _uvs_v1_CreateRolloutRequest__Output, _uvs_v1_CreateRolloutResponse__Output>
  GetRollout: MethodDefinition<_uvs_v1_GetRolloutRequest, _uvs_v1_GetRolloutResponse, _uvs_v1_GetRolloutRequest__Output, _uvs_v1_GetRolloutResponse__Output>
  ListRollouts: MethodDefinition<_uvs_v1_ListRolloutsRequest, _uvs_v1_ListRolloutsResponse, _uvs_v1_ListRolloutsRequest__Output, _uvs_v1_ListRolloutsResponse__Output>
  PauseRollout: MethodDefinition<_uvs_v1_PauseRolloutRequest, _uvs_v1_PauseRolloutResponse, _uvs_v1_PauseRolloutRequest__Output, _uvs_v1_PauseRolloutResponse__Output>
  PlanRollout: MethodDefinition<_uvs_v1_PlanRolloutRequest, _uvs_v1_PlanRolloutResponse, _uvs_v1_PlanRolloutRequest__Output, _uvs_v1_PlanRolloutResponse__Output>
  ResumeRollout: MethodDefinition<_uvs_v1_ResumeRolloutRequest, _uvs_v1_ResumeRolloutResponse, _uvs_v1_ResumeRolloutRequest__Output, _uvs_v1_ResumeRolloutResponse__Output>
  WatchRollout: MethodDefinition<_uvs_v1_WatchRolloutRequest, _uvs_v1_WatchRolloutResponse, _uvs_v1_WatchRolloutRequest__Output, _uvs_v1_WatchRolloutResponse__Output>
}
