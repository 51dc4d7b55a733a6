import type { Outcome } from '../common/outcome.ts';
import type { HeldSlot, RolloutStateRecord, StepRecord, StepState } from './domain.ts';
import { isLeftToOperator } from './left-to-operator.ts';

/** What is observed of one node's part of a rollout at this moment. */
export interface StepFacts {
  readonly uid: string;
  readonly hostname: string;
  /** Absent while it was never sent to the node. */
  readonly record: StepRecord | undefined;
  /** Whatever slot the node holds, of this rollout or not. */
  readonly slot: HeldSlot | undefined;
  readonly isEnrolled: boolean;
  /** Its session with this leader is open and not silent. */
  readonly isConnected: boolean;
  /** What the agent last said of the record's operation; undefined: nothing to this leader. */
  readonly phase: string | undefined;
  readonly phaseMessage: string;
  /** Its journal holds the operation as not begun, and the agent, which was started anew, waits to be asked for it again. */
  readonly isAsleep: boolean;
  /** It has its slot, and what gates want for it is being set: it is told of its turn afterwards. */
  readonly isPreparing?: boolean;
  /** How far that is. */
  readonly preparation?: string | undefined;
  /** Why nothing that the node says can be relied on. */
  readonly quarantine?: string | undefined;
  /** Why it is not ready, though it may be heard; undefined: it is, or is only silent, or has left the cluster. */
  readonly illness?: string | undefined;
  /** Its illness is what the rollout is there to mend. */
  readonly isToBeMended?: boolean;
  /** Its agent has left an operation, perhaps another, to an operator, and takes up nothing before that is settled. */
  readonly isWithOperator?: boolean;
  /** The last no to granting it, beginning it or freeing it. Forget it when something changed that may make it a yes. */
  readonly refusal: { readonly message: string; readonly atMs: number } | undefined;
  /** Why it might not begin the last time that it had a slot; undefined: it has none now, or was not refused. */
  readonly formerRefusal?: string | undefined;
  /** The gates are being asked about it, before its grant or its begin. */
  readonly isAsked?: boolean;
}

/**
 * When this leader first saw a step reach each point, in monotonic milliseconds. A new leader starts them anew, and so does a resume:
 * deadlines survive a change of leader approximately, they only become longer.
 */
export interface StepMilestones {
  readonly attempt: number;
  readonly operation: string | undefined;
  /** Operations seen within this attempt: a node that gives its turn back again and again is a failure in the end. */
  readonly operations: number;
  /** Whether its operation could not begin by no doing of the node. */
  readonly isExcused: boolean;
  readonly firstSeenMs: number;
  readonly stagingMs: number | undefined;
  /** Stays when a granted slot lapses: being granted is no progress. */
  readonly stagedMs: number | undefined;
  /** Since when it has had its slot without acting on it; starts anew with each grant. */
  readonly idleMs: number | undefined;
  /** Since when it could have begun, less the time in which it was refused since: stays when a granted slot lapses. */
  readonly grantedMs: number | undefined;
  /** When it was looked at last. */
  readonly seenMs: number;
  readonly begunMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly settledMs: number | undefined;
  /** When an operator's word let the nodes after the canaries follow. */
  readonly approvedMs: number | undefined;
  /** Since when nothing ails it. */
  readonly wellMs: number | undefined;
  /** Since when something does. */
  readonly illMs: number | undefined;
  /** Since when it is not heard. */
  readonly awayMs: number | undefined;
}

export interface StepSituation extends StepFacts {
  readonly milestones: StepMilestones;
}

/** Where a step goes when its operation has ended. */
export type Settlement = 'succeeded' | 'failed' | 'pending' | 'skipped';

/** The slot that the node holds for this very step; one that was taken by force is the rollout's no more. */
export function ownSlot(step: StepFacts): HeldSlot | undefined {
  const { slot, record } = step;
  return slot !== undefined && slot.state !== 'quarantined' && slot.operation === record?.operation ? slot : undefined;
}

/** It keeps its slot until somebody has put the node in order and said so; no resume does. */
export function needsOperator(step: StepFacts): boolean {
  const slot = ownSlot(step);
  return slot !== undefined && isLeftToOperator(slot);
}

/** Where a step is: by its slot while it holds one, for the ledger knows best; else by its record and what the agent says. */
export function stepStage(step: StepFacts, state: Pick<RolloutStateRecord, 'attempt'>): StepState {
  const slot = ownSlot(step);
  // it keeps its slot: somebody has to look at the node, or it took too long and the rollout goes on without it
  const hasFailed = step.record?.state === 'failed' && (needsOperator(step) || step.record.attempt >= state.attempt);
  if (hasFailed && slot !== undefined && slot.state !== 'granted') return 'failed';
  switch (slot?.state) {
    case 'granted':
      return 'granted';
    case 'begun':
    case 'revoked':
      return 'begun';
    case 'ended':
      return 'confirming';
    case 'quarantined':
    case undefined:
      break;
  }
  const { record } = step;
  if (record === undefined) return 'pending';
  switch (record.state) {
    case 'pending':
    case 'succeeded':
    case 'skipped':
      return record.state;
    case 'failed':
      return record.attempt < state.attempt ? 'pending' : 'failed';
    case 'staging':
      return step.phase === 'staged' ? 'staged' : 'staging';
    case 'staged':
    case 'granted':
      return step.phase === undefined || step.phase === 'staged' ? 'staged' : 'staging';
    case 'begun':
    case 'confirming':
      return 'begun';
  }
}

/** Whether a step that is recorded as begun has lost its slot, which only an operator's override does. */
export function hasLostItsSlot(step: StepFacts): boolean {
  return (step.record?.state === 'begun' || step.record?.state === 'confirming') && ownSlot(step) === undefined;
}

/**
 * Says where an ended operation leaves its step; also for one that ended without ever holding a slot. An operation in which nothing was
 * done leaves the node to be tried again, or left alone once the rollout is aborted. needs-operator is a failure that keeps its slot.
 */
export function settlementOf(outcome: Outcome, state: Pick<RolloutStateRecord, 'state'>): Settlement {
  switch (outcome) {
    case 'installed':
    case 'done':
      return 'succeeded';
    case 'rolled-back':
    case 'failed':
    case 'needs-operator':
      return 'failed';
    case 'never-acted':
      return state.state === 'aborted' ? 'skipped' : 'pending';
  }
}

/** Where an ended slot leaves its step: what an operator took back has failed, unless the release is there, or the action done, and proven. */
export function settlementOfSlot(
  { outcome = 'needs-operator', outcomeMessage = '', revocation }: Pick<HeldSlot, 'outcome' | 'outcomeMessage' | 'revocation'>,
  state: Pick<RolloutStateRecord, 'state'>,
): { readonly settlement: Settlement; readonly message: string } {
  const settlement = settlementOf(outcome, state);
  if (revocation === undefined || settlement === 'succeeded') return { settlement, message: outcomeMessage };
  return { settlement: 'failed', message: `its slot was taken back by ${revocation.by}: ${revocation.reason} (${outcomeMessage})` };
}

/** Has its slot, and as far as its agent has said nothing was done with it. */
function isIdle(step: StepFacts, stage: StepState): boolean {
  return stage === 'granted' || (ownSlot(step)?.state === 'begun' && step.phase === 'staged');
}

/** A connection that breaks and is there again says nothing of the node, and neither does a new leader's not having heard it yet. */
export const FORGIVEN_ABSENCE_MS = 30_000;

/** A new operation begins anew, unless it takes the place of one that was not held against the node: since when it waits stays the same. */
function keptOf(previous: StepMilestones, isNewOperation: boolean): StepMilestones | undefined {
  if (!isNewOperation) return previous;
  if (!previous.isExcused) return undefined;
  return { ...previous, stagingMs: undefined, grantedMs: undefined, idleMs: undefined, begunMs: undefined, endedMs: undefined };
}

/** The same, of an operation that is not held against the node. */
export function excused(milestones: StepMilestones): StepMilestones {
  return milestones.isExcused ? milestones : { ...milestones, operations: milestones.operations - 1, isExcused: true };
}

/** The time since its grant stands still while it is refused to begin. */
function refusedSince(step: StepFacts, kept: StepMilestones | undefined, nowMs: number): number | undefined {
  return step.refusal === undefined || kept?.grantedMs === undefined ? undefined : kept.grantedMs + nowMs - kept.seenMs;
}

/** Keeps the time at which each point was first seen; pass what it returned the last time. */
export function observeStep(
  previous: StepMilestones | undefined,
  step: StepFacts,
  state: Pick<RolloutStateRecord, 'attempt' | 'approvedBy'>,
  nowMs: number,
): StepMilestones {
  const operation = step.record?.operation;
  const isSameAttempt = previous?.attempt === state.attempt;
  const isNewOperation = operation !== undefined && operation !== previous?.operation;
  const kept = isSameAttempt ? keptOf(previous, isNewOperation) : undefined;
  const stage = stepStage(step, state);
  // nobody knows how it was meanwhile
  const wasAway = step.isConnected && kept?.awayMs !== undefined && nowMs - kept.awayMs > FORGIVEN_ABSENCE_MS;
  const since = (
    point: 'stagingMs' | 'stagedMs' | 'grantedMs' | 'begunMs' | 'endedMs' | 'settledMs',
    isThere: boolean,
  ): number | undefined => (isThere ? (kept?.[point] ?? nowMs) : kept?.[point]);
  return {
    attempt: state.attempt,
    operation,
    operations: (isSameAttempt ? previous.operations : 0) + (isNewOperation || (!isSameAttempt && operation !== undefined) ? 1 : 0),
    isExcused: isSameAttempt && !isNewOperation && previous.isExcused && stage !== 'begun',
    firstSeenMs: isSameAttempt ? previous.firstSeenMs : nowMs,
    stagingMs: since('stagingMs', stage === 'staging'),
    stagedMs: since('stagedMs', stage === 'staged' || stage === 'granted'),
    grantedMs: refusedSince(step, kept, nowMs) ?? since('grantedMs', stage === 'granted'),
    seenMs: nowMs,
    idleMs: isIdle(step, stage) ? (kept?.idleMs ?? nowMs) : undefined,
    begunMs: since('begunMs', stage === 'begun'),
    endedMs: since('endedMs', stage === 'confirming'),
    settledMs: since('settledMs', stage === 'succeeded' || stage === 'skipped' || stage === 'failed'),
    approvedMs: state.approvedBy === undefined ? undefined : (previous?.approvedMs ?? nowMs),
    wellMs: step.illness === undefined ? (wasAway ? nowMs : (kept?.wellMs ?? nowMs)) : undefined,
    illMs: step.illness === undefined ? undefined : (kept?.illMs ?? nowMs),
    awayMs: step.isConnected ? undefined : (kept?.awayMs ?? nowMs),
  };
}
