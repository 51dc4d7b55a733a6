// Original file: proto/uvs/agent/v1/agent.proto

import type { Welcome as _uvs_agent_v1_Welcome, Welcome__Output as _uvs_agent_v1_Welcome__Output } from '../../../uvs/agent/v1/Welcome.ts';
import type { NotLeader as _uvs_agent_v1_NotLeader, NotLeader__Output as _uvs_agent_v1_NotLeader__Output } from '../../../uvs/agent/v1/NotLeader.ts';
import type { Assign as _uvs_agent_v1_Assign, Assign__Output as _uvs_agent_v1_Assign__Output } from '../../../uvs/agent/v1/Assign.ts';
import type { Grant as _uvs_agent_v1_Grant, Grant__Output as _uvs_agent_v1_Grant__Output } from '../../../uvs/agent/v1/Grant.ts';
import type { Cancel as _uvs_agent_v1_Cancel, Cancel__Output as _uvs_agent_v1_Cancel__Output } from '../../../uvs/agent/v1/Cancel.ts';
import type { HealthProbe as _uvs_agent_v1_HealthProbe, HealthProbe__Output as _uvs_agent_v1_HealthProbe__Output } from '../../../uvs/agent/v1/HealthProbe.ts';
import type { ReadOutput as _uvs_agent_v1_ReadOutput, ReadOutput__Output as _uvs_agent_v1_ReadOutput__Output } from '../../../uvs/agent/v1/ReadOutput.ts';
import type { Withdrawals as _uvs_agent_v1_Withdrawals, Withdrawals__Output as _uvs_agent_v1_Withdrawals__Output } from '../../../uvs/agent/v1/Withdrawals.ts';
import type { Revoke as _uvs_agent_v1_Revoke, Revoke__Output as _uvs_agent_v1_Revoke__Output } from '../../../uvs/agent/v1/Revoke.ts';
import type { PackageRoot as _uvs_agent_v1_PackageRoot, PackageRoot__Output as _uvs_agent_v1_PackageRoot__Output } from '../../../uvs/agent/v1/PackageRoot.ts';
import type { Limits as _uvs_agent_v1_Limits, Limits__Output as _uvs_agent_v1_Limits__Output } from '../../../uvs/agent/v1/Limits.ts';
import type { Settings as _uvs_agent_v1_Settings, Settings__Output as _uvs_agent_v1_Settings__Output } from '../../../uvs/agent/v1/Settings.ts';
import type { LimitsQuestion as _uvs_agent_v1_LimitsQuestion, LimitsQuestion__Output as _uvs_agent_v1_LimitsQuestion__Output } from '../../../uvs/agent/v1/LimitsQuestion.ts';

export interface SessionResponse {
  'welcome'?: (_uvs_agent_v1_Welcome | null);
  'notLeader'?: (_uvs_agent_v1_NotLeader | null);
  'assign'?: (_uvs_agent_v1_Assign | null);
  'grant'?: (_uvs_agent_v1_Grant | null);
  'cancel'?: (_uvs_agent_v1_Cancel | null);
  'healthProbe'?: (_uvs_agent_v1_HealthProbe | null);
  'readOutput'?: (_uvs_agent_v1_ReadOutput | null);
  'withdrawals'?: (_uvs_agent_v1_Withdrawals | null);
  'revoke'?: (_uvs_agent_v1_Revoke | null);
  'packageRoot'?: (_uvs_agent_v1_PackageRoot | null);
  'limits'?: (_uvs_agent_v1_Limits | null);
  'settings'?: (_uvs_agent_v1_Settings | null);
  'limitsQuestion'?: (_uvs_agent_v1_LimitsQuestion | null);
  'message'?: "welcome"|"notLeader"|"assign"|"grant"|"cancel"|"healthProbe"|"readOutput"|"withdrawals"|"revoke"|"packageRoot"|"limits"|"settings"|"limitsQuestion";
}

export interface SessionResponse__Output {
  'welcome'?: (_uvs_agent_v1_Welcome__Output | null);
  'notLeader'?: (_uvs_agent_v1_NotLeader__Output | null);
  'assign'?: (_uvs_agent_v1_Assign__Output | null);
  'grant'?: (_uvs_agent_v1_Grant__Output | null);
  'cancel'?: (_uvs_agent_v1_Cancel__Output | null);
  'healthProbe'?: (_uvs_agent_v1_HealthProbe__Output | null);
  'readOutput'?: (_uvs_agent_v1_ReadOutput__Output | null);
  'withdrawals'?: (_uvs_agent_v1_Withdrawals__Output | null);
  'revoke'?: (_uvs_agent_v1_Revoke__Output | null);
  'packageRoot'?: (_uvs_agent_v1_PackageRoot__Output | null);
  'limits'?: (_uvs_agent_v1_Limits__Output | null);
  'settings'?: (_uvs_agent_v1_Settings__Output | null);
  'limitsQuestion'?: (_uvs_agent_v1_LimitsQuestion__Output | null);
  'message'?: "welcome"|"notLeader"|"assign"|"grant"|"cancel"|"healthProbe"|"readOutput"|"withdrawals"|"revoke"|"packageRoot"|"limits"|"settings"|"limitsQuestion";
}
