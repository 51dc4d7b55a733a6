import { acknowledgementRefusal, MAX_ACKNOWLEDGED } from '../../../common/health-check.ts';
import { toTimestamp } from '../../../common/rpc/proto-time.ts';
import type { Canary as CanaryMessage } from '../../../proto/gen/uvs/v1/Canary.ts';
import type { PauseCause as PauseCauseMessage } from '../../../proto/gen/uvs/v1/PauseCause.ts';
import type { Rollout } from '../../../proto/gen/uvs/v1/Rollout.ts';
import type { RolloutSpec as SpecMessage, RolloutSpec__Output } from '../../../proto/gen/uvs/v1/RolloutSpec.ts';
import type { RolloutState as StateMessage } from '../../../proto/gen/uvs/v1/RolloutState.ts';
import type { Step } from '../../../proto/gen/uvs/v1/Step.ts';
import type { StepState as StepStateMessage } from '../../../proto/gen/uvs/v1/StepState.ts';
import type { RolloutSummary, RolloutView, StepView } from '../../rollout-view.ts';
import { triesMade } from '../../step-tries.ts';
import type { Canary, FailurePolicy, RolloutGoal, RolloutMode, RolloutPause, RolloutSpec, RolloutState, StepState } from '../../domain.ts';
import { invalid, reasonIfAny, requireInteger, requireName, requireText } from '../validate.ts';
import { migrationFrom, migrationMessage, unitsFrom } from './migration.ts';
import { isEmpty, selectorFrom, selectorMessage } from './selector.ts';

const states = {
  running: 'ROLLOUT_STATE_RUNNING',
  paused: 'ROLLOUT_STATE_PAUSED',
  succeeded: 'ROLLOUT_STATE_SUCCEEDED',
  failed: 'ROLLOUT_STATE_FAILED',
  aborted: 'ROLLOUT_STATE_ABORTED',
} as const satisfies Record<RolloutState, StateMessage>;

const stepStates = {
  pending: 'STEP_STATE_PENDING',
  staging: 'STEP_STATE_STAGING',
  staged: 'STEP_STATE_STAGED',
  granted: 'STEP_STATE_GRANTED',
  begun: 'STEP_STATE_BEGUN',
  confirming: 'STEP_STATE_CONFIRMING',
  succeeded: 'STEP_STATE_SUCCEEDED',
  failed: 'STEP_STATE_FAILED',
  skipped: 'STEP_STATE_SKIPPED',
} as const satisfies Record<StepState, StepStateMessage>;

const failureActions = {
  FAILURE_ACTION_UNSPECIFIED: 'pause',
  FAILURE_ACTION_PAUSE: 'pause',
  FAILURE_ACTION_CONTINUE: 'continue',
  FAILURE_ACTION_ABORT: 'abort',
} as const satisfies Record<RolloutSpec__Output['onFailure'], FailurePolicy['action']>;

const failureActionMessages = {
  pause: 'FAILURE_ACTION_PAUSE',
  continue: 'FAILURE_ACTION_CONTINUE',
  abort: 'FAILURE_ACTION_ABORT',
} as const satisfies Record<FailurePolicy['action'], RolloutSpec__Output['onFailure']>;

const pauseCauses = {
  none: 'PAUSE_CAUSE_UNSPECIFIED',
  approval: 'PAUSE_CAUSE_APPROVAL',
  failure: 'PAUSE_CAUSE_FAILURE',
  operator: 'PAUSE_CAUSE_OPERATOR',
} as const satisfies Record<RolloutPause['cause'] | 'none', PauseCauseMessage>;

const DEFAULT_DEADLINE_SECONDS = 3600;
const LONGEST_DEADLINE_SECONDS = 30 * 24 * 3600;
/** Of more than these an operator sees anyhow that the plan is old. */
const NEWCOMERS_TOLD = 100;
const LARGEST_BUDGET = 10_000;

/** What an operator wishes; its package is a digest, a prefix or a version yet. @throws UvsError INVALID_ARGUMENT */
export function specFrom(message: RolloutSpec__Output | null): RolloutSpec {
  if (message === null) throw invalid('spec', 'is required');
  const selector = selectorFrom(message.selector, 'spec.selector');
  if (isEmpty(selector)) throw invalid('spec.selector', 'selects nothing', 'Name nodes, roles or labels, or say all.');
  const mode = modeFrom(message.mode);
  const deadline = (seconds: number, field: string): number =>
    1000 * (seconds === 0 ? DEFAULT_DEADLINE_SECONDS : requireInteger(seconds, field, 1, LONGEST_DEADLINE_SECONDS));
  return {
    goal: goalFrom(message),
    selector,
    mode,
    budget: mode === 'rolling' ? 1 : requireInteger(message.budget, 'spec.budget', 1, LARGEST_BUDGET),
    stageDeadlineMs: deadline(message.stageDeadlineSeconds, 'spec.stage_deadline_seconds'),
    waitDeadlineMs: deadline(message.waitDeadlineSeconds, 'spec.wait_deadline_seconds'),
    stepDeadlineMs: deadline(message.stepDeadlineSeconds, 'spec.step_deadline_seconds'),
    canary: canaryFrom(message.canary),
    onFailure: failurePolicyFrom(message),
    rollBackAfterMs: rollBackFrom(message),
    acknowledgedChecks: acknowledgedFrom(message.acknowledgedChecks),
    reason: reasonIfAny(message.reason, 'spec.reason'),
  };
}

/** Lets nobody weaken a guard without a word; a plan may be looked at without. @throws UvsError INVALID_ARGUMENT */
export function demandReason({ goal, mode, acknowledgedChecks, reason }: RolloutSpec): void {
  const isRollback = goal.kind === 'rollback';
  if (reason !== '' || (!isRollback && mode === 'rolling' && acknowledgedChecks.length === 0)) return;
  const what = isRollback
    ? 'where a release is taken back'
    : mode === 'parallel'
      ? 'for a parallel rollout'
      : 'where health checks are acknowledged';
  throw invalid('spec.reason', `is required ${what}`, 'Say in a sentence why: it is shown with the rollout and kept in the audit log.');
}

function canaryFrom(message: RolloutSpec__Output['canary']): Canary | undefined {
  if (message === null) return undefined;
  const { nodes, count } = message;
  if (nodes.length > 0 === count > 0) throw invalid('spec.canary', 'must either name nodes or have a count');
  return {
    nodes: nodesFrom(nodes),
    count: requireInteger(count, 'spec.canary.count', 0, LARGEST_BUDGET),
    soakMs: 1000 * requireInteger(message.soakSeconds, 'spec.canary.soak_seconds', 0, LONGEST_DEADLINE_SECONDS),
    needsApproval: message.needsApproval,
  };
}

function rollBackFrom({ action, rollBackAfterSeconds: seconds, stepDeadlineSeconds }: RolloutSpec__Output): number | undefined {
  if (seconds === 0) return undefined;
  if (action !== undefined) throw invalid('spec.roll_back_after_seconds', 'is for a release: there is no way back from an action');
  const deadline = stepDeadlineSeconds === 0 ? DEFAULT_DEADLINE_SECONDS : stepDeadlineSeconds;
  if (seconds >= deadline) throw invalid('spec.roll_back_after_seconds', `must be less than the step deadline of ${deadline} s`);
  return 1000 * requireInteger(seconds, 'spec.roll_back_after_seconds', 1, LONGEST_DEADLINE_SECONDS);
}

function acknowledgedFrom(codes: readonly string[]): readonly string[] {
  const field = 'spec.acknowledged_checks';
  if (codes.length > MAX_ACKNOWLEDGED) throw invalid(field, `holds more than ${MAX_ACKNOWLEDGED}`);
  for (const code of codes) {
    const refusal = acknowledgementRefusal(code);
    if (refusal !== undefined) throw invalid(field, `holds ${JSON.stringify(code.slice(0, 80))}, which ${refusal}`);
  }
  return [...new Set(codes)];
}

function nodesFrom(names: readonly string[]): readonly string[] {
  if (names.length > LARGEST_BUDGET) throw invalid('spec.canary.nodes', `names more than ${LARGEST_BUDGET} nodes`);
  return names.map((name) => requireText(name, 'spec.canary.nodes', 255));
}

function failurePolicyFrom({ onFailure, toleratedFailures }: RolloutSpec__Output): FailurePolicy {
  const action = failureActions[onFailure];
  if (action === 'continue') return { action, tolerated: requireInteger(toleratedFailures, 'spec.tolerated_failures', 1, LARGEST_BUDGET) };
  if (toleratedFailures !== 0) throw invalid('spec.tolerated_failures', 'is for on_failure CONTINUE only');
  return { action, tolerated: 0 };
}

function goalFrom(message: RolloutSpec__Output): RolloutGoal {
  if (message.action !== undefined && message.package !== '') throw invalid('spec.package', 'must be empty where an action is given');
  switch (message.action) {
    case undefined:
      return { kind: 'release', package: requireName(message.package, 'packages') };
    case 'reboot':
      return { kind: 'reboot' };
    case 'rollback':
      return { kind: 'rollback', release: releaseFrom(message.rollback?.release ?? ''), version: '' };
    case 'restart':
      return { kind: 'restart', units: unitsFrom(message.restart?.units ?? [], 'spec.restart.units', 1) };
    case 'migration':
      return migrationFrom(message.migration);
    default:
      message.action satisfies never;
      throw invalid('spec.action', 'is unknown');
  }
}

/** As an operator names it: which one that is, the plan finds out. */
function releaseFrom(text: string): string {
  return text === '' ? '' : requireText(text, 'spec.rollback.release', 128);
}

function goalMessage(goal: RolloutGoal): Pick<SpecMessage, 'package' | 'reboot' | 'restart' | 'rollback' | 'migration'> {
  switch (goal.kind) {
    case 'release':
      return { package: `packages/${goal.package}` };
    case 'reboot':
      return { reboot: {} };
    case 'rollback':
      return { rollback: { release: goal.release, version: goal.version } };
    case 'restart':
      return { restart: { units: [...goal.units] } };
    case 'migration':
      return { migration: migrationMessage(goal) };
  }
}

/** proto-loader turns what it does not know into the first value, so UNSPECIFIED is refused and never a default. */
function modeFrom(message: RolloutSpec__Output['mode']): RolloutMode {
  switch (message) {
    case 'ROLLOUT_MODE_ROLLING':
      return 'rolling';
    case 'ROLLOUT_MODE_PARALLEL':
      return 'parallel';
    case 'ROLLOUT_MODE_UNSPECIFIED':
      throw invalid('spec.mode', 'must be ROLLING or PARALLEL');
    default:
      message satisfies never;
      throw invalid('spec.mode', 'must be ROLLING or PARALLEL');
  }
}

/** A rollout without its steps. */
export function rolloutSummary(view: RolloutSummary): Rollout {
  const { plan, state, counts } = view;
  return {
    name: `rollouts/${plan.id}`,
    spec: specMessage(plan.spec),
    state: states[state.state],
    stateReason: state.reason,
    waitingFor: view.waitingFor,
    creator: plan.creator,
    createTime: toTimestamp(plan.createdAt),
    endTime: state.endedAt === undefined ? null : toTimestamp(state.endedAt),
    version: plan.version,
    stepsTotal: plan.order.length,
    stepsSucceeded: counts.succeeded,
    stepsFailed: counts.failed,
    stepsSkipped: counts.skipped,
    steps: [],
    approver: state.approvedBy ?? '',
    pauseCause: pauseCauses[state.pause?.cause ?? 'none'],
    pauser: state.pause?.cause === 'operator' ? state.pause.by : '',
    pauseTime: state.pausedAt === undefined ? null : toTimestamp(state.pausedAt),
    newcomers: view.newcomers.slice(0, NEWCOMERS_TOLD),
  };
}

/** A rollout with all its steps. */
export function rolloutMessage(view: RolloutView): Rollout {
  const { deadline, steps } = view;
  return {
    ...rolloutSummary(view),
    waitStartTime: deadline === undefined ? null : toTimestamp(deadline.since),
    deadlineTime: deadline === undefined ? null : toTimestamp(deadline.until),
    steps: steps.map(stepMessage),
  };
}

export function stepMessage(step: StepView): Step {
  return {
    name: `rollouts/${step.rollout}/steps/${step.uid}`,
    nodeUid: step.uid,
    hostname: step.hostname,
    state: stepStates[step.state],
    phase: step.phase,
    message: step.message,
    percent: step.percent,
    operation: step.operation === '' ? '' : `operations/${step.operation}`,
    beginTime: step.beganAt === undefined ? null : toTimestamp(step.beganAt),
    endTime: step.endedAt === undefined ? null : toTimestamp(step.endedAt),
    attempt: step.attempt,
    tries: triesMade(step),
    isCanary: step.isCanary,
    needsOperator: step.needsOperator,
  };
}

function canaryMessage(canary: Canary | undefined): CanaryMessage | null {
  if (canary === undefined) return null;
  const { nodes, count, soakMs, needsApproval } = canary;
  return { nodes: [...nodes], count, soakSeconds: Math.round(soakMs / 1000), needsApproval };
}

function specMessage(spec: RolloutSpec): SpecMessage {
  return {
    ...goalMessage(spec.goal),
    selector: selectorMessage(spec.selector),
    mode: spec.mode === 'rolling' ? 'ROLLOUT_MODE_ROLLING' : 'ROLLOUT_MODE_PARALLEL',
    budget: spec.budget,
    stageDeadlineSeconds: Math.round(spec.stageDeadlineMs / 1000),
    waitDeadlineSeconds: Math.round(spec.waitDeadlineMs / 1000),
    stepDeadlineSeconds: Math.round(spec.stepDeadlineMs / 1000),
    canary: canaryMessage(spec.canary),
    onFailure: failureActionMessages[spec.onFailure.action],
    toleratedFailures: spec.onFailure.tolerated,
    rollBackAfterSeconds: Math.round((spec.rollBackAfterMs ?? 0) / 1000),
    acknowledgedChecks: [...spec.acknowledgedChecks],
    reason: spec.reason,
  };
}
