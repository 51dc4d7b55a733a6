// Original file: proto/uvs/agent/v1/agent.proto

import type { Hello as _uvs_agent_v1_Hello, Hello__Output as _uvs_agent_v1_Hello__Output } from '../../../uvs/agent/v1/Hello.ts';
import type { Heartbeat as _uvs_agent_v1_Heartbeat, Heartbeat__Output as _uvs_agent_v1_Heartbeat__Output } from '../../../uvs/agent/v1/Heartbeat.ts';
import type { Progress as _uvs_agent_v1_Progress, Progress__Output as _uvs_agent_v1_Progress__Output } from '../../../uvs/agent/v1/Progress.ts';
import type { HealthEvidence as _uvs_agent_v1_HealthEvidence, HealthEvidence__Output as _uvs_agent_v1_HealthEvidence__Output } from '../../../uvs/agent/v1/HealthEvidence.ts';
import type { OutputChunk as _uvs_agent_v1_OutputChunk, OutputChunk__Output as _uvs_agent_v1_OutputChunk__Output } from '../../../uvs/agent/v1/OutputChunk.ts';
import type { LimitsReport as _uvs_agent_v1_LimitsReport, LimitsReport__Output as _uvs_agent_v1_LimitsReport__Output } from '../../../uvs/agent/v1/LimitsReport.ts';
import type { SettingsReport as _uvs_agent_v1_SettingsReport, SettingsReport__Output as _uvs_agent_v1_SettingsReport__Output } from '../../../uvs/agent/v1/SettingsReport.ts';
import type { LimitsAnswer as _uvs_agent_v1_LimitsAnswer, LimitsAnswer__Output as _uvs_agent_v1_LimitsAnswer__Output } from '../../../uvs/agent/v1/LimitsAnswer.ts';

export interface SessionRequest {
  'hello'?: (_uvs_agent_v1_Hello | null);
  'heartbeat'?: (_uvs_agent_v1_Heartbeat | null);
  'progress'?: (_uvs_agent_v1_Progress | null);
  'healthEvidence'?: (_uvs_agent_v1_HealthEvidence | null);
  'outputChunk'?: (_uvs_agent_v1_OutputChunk | null);
  'limitsReport'?: (_uvs_agent_v1_LimitsReport | null);
  'settingsReport'?: (_uvs_agent_v1_SettingsReport | null);
  'limitsAnswer'?: (_uvs_agent_v1_LimitsAnswer | null);
  'message'?: "hello"|"heartbeat"|"progress"|"healthEvidence"|"outputChunk"|"limitsReport"|"settingsReport"|"limitsAnswer";
}

export interface SessionRequest__Output {
  'hello'?: (_uvs_agent_v1_Hello__Output | null);
  'heartbeat'?: (_uvs_agent_v1_Heartbeat__Output | null);
  'progress'?: (_uvs_agent_v1_Progress__Output | null);
  'healthEvidence'?: (_uvs_agent_v1_HealthEvidence__Output | null);
  'outputChunk'?: (_uvs_agent_v1_OutputChunk__Output | null);
  'limitsReport'?: (_uvs_agent_v1_LimitsReport__Output | null);
  'settingsReport'?: (_uvs_agent_v1_SettingsReport__Output | null);
  'limitsAnswer'?: (_uvs_agent_v1_LimitsAnswer__Output | null);
  'message'?: "hello"|"heartbeat"|"progress"|"healthEvidence"|"outputChunk"|"limitsReport"|"settingsReport"|"limitsAnswer";
}
