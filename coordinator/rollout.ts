import { canaryHold } from './rollout-canary.ts';
import type { Overdue } from './rollout-deadlines.ts';
import { isUnbegun } from './leftovers.ts';
import { failureVerdict, outdatedReason } from './rollout-failures.ts';
import { isOver, isRefused, isSettled, placeSteps, type PlacedStep, type RolloutSituation } from './rollout-situation.ts';
import { FORGIVEN_ABSENCE_MS, hasLostItsSlot, ownSlot, settlementOf, settlementOfSlot, type Settlement } from './rollout-step.ts';
import { roomFor, stepsInTurn } from './rollout-turn.ts';
import { waitReason } from './rollout-waiting.ts';

export type RolloutAction =
  /** Make a new operation, write the step as staging with the rollout's attempt, and send it to the node. */
  | { readonly kind: 'assign'; readonly uid: string }
  /** Send the assignment again: the node does not show it. */
  | { readonly kind: 'repeat-assign'; readonly uid: string; readonly operation: string }
  /** Try to grant: budget, gates, ledger; a no becomes the step's refusal. */
  | { readonly kind: 'grant'; readonly uid: string; readonly operation: string }
  /** Send the grant again: the node holds a granted slot and has not begun. */
  | { readonly kind: 'repeat-grant'; readonly uid: string; readonly operation: string }
  /** Tell the node to give the operation up; it has not begun. A granted slot goes by the agent's answer or with its lease. */
  | { readonly kind: 'cancel'; readonly uid: string; readonly operation: string; readonly reason: string }
  /** Ask for fresh evidence and the gates; on yes free the slot and settle the step in one transaction; a no becomes its refusal. */
  | {
      readonly kind: 'free';
      readonly uid: string;
      readonly operation: string;
      readonly settlement: Settlement;
      readonly message: string;
    }
  /** Write the step's new state; no slot is touched. */
  | { readonly kind: 'settle'; readonly uid: string; readonly settlement: Settlement; readonly message: string }
  /** Pause it; or say anew what it is paused for. */
  | { readonly kind: 'pause'; readonly cause: 'approval' | 'failure'; readonly reason: string }
  | { readonly kind: 'abort'; readonly reason: string }
  /** The rollout is over: every node is done with it and none holds a slot for it. */
  | { readonly kind: 'end'; readonly state: 'succeeded' | 'aborted' }
  /** What is waited for and for whom; at most one. While something moves it says what moves. */
  | { readonly kind: 'wait'; readonly isMoving: boolean; readonly reason: string };

/** After this many operations given back without an act within one attempt, the step has failed. */
const MOST_OPERATIONS = 3;

/**
 * Decides what a rollout does next: from what is observed to what is wanted, with no memory of its own, so that the leader may change
 * between any two calls. Every state has an action or a reason to wait, except that of a rollout that has ended.
 */
export function nextActions(situation: RolloutSituation): readonly RolloutAction[] {
  const steps = placeSteps(situation);
  // whatever it did would be decided by what is not so any more
  if (situation.isPutBack) return waitFor(situation, steps);
  switch (situation.state.state) {
    case 'running':
      return whileRunning(situation, steps);
    case 'paused':
      return whilePaused(situation, steps);
    case 'aborted':
      return whileAborted(situation, steps);
    case 'succeeded':
    case 'failed':
      return [];
  }
}

function whileRunning(situation: RolloutSituation, steps: readonly PlacedStep[]): readonly RolloutAction[] {
  const closing = [...closeSteps(situation, steps), ...cancelFailed(steps)];
  const verdict = failureVerdict(situation, steps);
  if (verdict !== undefined) return [...closing, ...(verdict.kind === 'give-up' ? giveUp(verdict.late) : [verdict])];
  if (steps.every(isSettled) && closing.length === 0) return [{ kind: 'end', state: 'succeeded' }];
  const hold = canaryHold(situation, steps);
  if (hold?.kind === 'unapproved') return [...closing, { kind: 'pause', cause: 'approval', reason: hold.message }];
  const opening = [...stageSteps(situation, steps), ...grantSteps(situation, steps)];
  return [...closing, ...opening, ...waitFor(situation, steps)];
}

function whilePaused(situation: RolloutSituation, steps: readonly PlacedStep[]): readonly RolloutAction[] {
  const reason = outdatedReason(situation, steps);
  const anew: readonly RolloutAction[] = reason === undefined ? [] : [{ kind: 'pause', cause: 'failure', reason }];
  return [...closeSteps(situation, steps), ...cancelUnbegun(situation, steps), ...anew, ...waitFor(situation, steps)];
}

function whileAborted(situation: RolloutSituation, steps: readonly PlacedStep[]): readonly RolloutAction[] {
  if (situation.state.endedAt !== undefined) return [];
  const closing = [...closeSteps(situation, steps), ...cancelUnbegun(situation, steps)];
  if (steps.every((step) => ownSlot(step) === undefined && isOver(step)) && closing.length === 0)
    return [{ kind: 'end', state: 'aborted' }];
  return [...closing, ...waitFor(situation, steps)];
}

/** Goes on without a node that took too long: it has failed, and keeps a slot that it has begun with. A granted one it has to give back first. */
function giveUp({ step, reason }: Overdue): readonly RolloutAction[] {
  const operation = step.record?.operation;
  if (step.stage === 'granted' && step.isConnected && operation !== undefined) {
    return [{ kind: 'cancel', uid: step.uid, operation, reason }];
  }
  return [{ kind: 'settle', uid: step.uid, settlement: 'failed', message: reason }];
}

/** Takes back from failed nodes what they have not begun, or have not acted on: one that died on its yes would keep its slot for ever. */
function cancelFailed(steps: readonly PlacedStep[]): readonly RolloutAction[] {
  return steps.flatMap((step): readonly RolloutAction[] => {
    const operation = step.record?.operation;
    if (step.stage !== 'failed' || !step.isConnected || operation === undefined) return [];
    // it counts as down until it gives its slot back, and may be tried again after that
    if (hasNotActed(step)) return [{ kind: 'cancel', uid: step.uid, operation, reason: 'it began too long ago and has done nothing' }];
    if (!isWaiting(step)) return [];
    return [{ kind: 'cancel', uid: step.uid, operation, reason: 'it has failed here, and the rollout goes on without it' }];
  });
}

/** Brings to their end what has ended on the nodes; the same in every state of the rollout. */
function closeSteps(situation: RolloutSituation, steps: readonly PlacedStep[]): readonly RolloutAction[] {
  return steps.flatMap((step): readonly RolloutAction[] => {
    const slot = ownSlot(step);
    if (slot?.state === 'ended') {
      const outcome = slot.outcome ?? 'needs-operator';
      const message = slot.outcomeMessage ?? '';
      if (outcome === 'needs-operator') {
        if (step.record?.state === 'failed') return [];
        return [{ kind: 'settle', uid: step.uid, settlement: 'failed', message: `needs an operator: ${message}` }];
      }
      const end = settlementOfSlot(slot, situation.state);
      if (step.isConnected && !isRefused(situation, step)) return [{ kind: 'free', uid: step.uid, operation: slot.operation, ...end }];
      // its slot stays until it is healthy, but that it has failed is known, and is no less so for a gate that says no
      return end.settlement === 'failed' && step.stage !== 'failed' ? [{ kind: 'settle', uid: step.uid, ...end }] : [];
    }
    if (slot !== undefined || isSettled(step) || step.stage === 'failed') return [];
    if (hasLostItsSlot(step)) {
      return [{ kind: 'settle', uid: step.uid, settlement: 'failed', message: 'its slot was taken away before it had ended' }];
    }
    if (!step.isEnrolled) {
      return [{ kind: 'settle', uid: step.uid, settlement: 'skipped', message: 'the node has left the cluster' }];
    }
    if (hasGivenUp(step)) {
      const message = `gave its turn back ${step.milestones.operations} times: ${step.record?.message ?? ''}`;
      return [{ kind: 'settle', uid: step.uid, settlement: 'failed', message }];
    }
    return [];
  });
}

/** Sends the release ahead in the order of the plan, to as many nodes at once as the limit allows. */
function stageSteps(situation: RolloutSituation, steps: readonly PlacedStep[]): readonly RolloutAction[] {
  let room = situation.stagingLimit - steps.filter((step) => step.stage === 'staging' && !isGone(step, situation.nowMs)).length;
  return steps.flatMap((step): readonly RolloutAction[] => {
    if (!step.isConnected || !step.isEnrolled || hasLostItsSlot(step) || hasGivenUp(step)) return [];
    const operation = step.record?.operation;
    if (step.stage === 'pending' && step.slot === undefined && room > 0) {
      room -= 1;
      return [{ kind: 'assign', uid: step.uid }];
    }
    return operation !== undefined && isToBeAskedAgain(step) ? [{ kind: 'repeat-assign', uid: step.uid, operation }] : [];
  });
}

/** Away for longer than a broken connection or a new leader takes: it fetches nothing. */
function isGone({ milestones: { awayMs } }: PlacedStep, nowMs: number): boolean {
  return awayMs !== undefined && nowMs - awayMs > FORGIVEN_ABSENCE_MS;
}

/** The node does not show the operation, or has it in its journal only: an agent that died waits to be asked, even with a yes to begin. */
function isToBeAskedAgain(step: PlacedStep): boolean {
  if (step.isAsleep)
    return step.stage === 'staging' || step.stage === 'staged' || step.stage === 'granted' || (step.stage === 'begun' && hasNotActed(step));
  return step.phase === undefined && (step.stage === 'staging' || step.stage === 'staged');
}

function grantSteps(situation: RolloutSituation, steps: readonly PlacedStep[]): readonly RolloutAction[] {
  const repeated = steps.flatMap((step): readonly RolloutAction[] =>
    step.stage === 'granted' && step.isConnected && step.record !== undefined
      ? [{ kind: 'repeat-grant', uid: step.uid, operation: step.record.operation }]
      : [],
  );
  const room = roomFor(situation, steps);
  if (room <= 0) return repeated;
  const candidates = stepsInTurn(situation, steps).filter(
    (step) => isReady(step) && step.isConnected && step.isEnrolled && !isRefused(situation, step),
  );
  return [
    ...repeated,
    ...candidates.slice(0, room).map((step): RolloutAction => ({ kind: 'grant', uid: step.uid, operation: step.record?.operation ?? '' })),
  ];
}

/** Takes back what has not begun, or has not acted on it. Without a slot a node can't begin, so one that can't be asked is not waited for. */
function cancelUnbegun(situation: RolloutSituation, steps: readonly PlacedStep[]): readonly RolloutAction[] {
  const { state, reason } = situation.state;
  const isAborted = state === 'aborted';
  const why = `the rollout is ${state}${reason === '' ? '' : `: ${reason}`}`;
  return steps.flatMap((step): readonly RolloutAction[] => {
    const operation = step.record?.operation;
    const isHeldBack = step.stage === 'granted' || step.stage === 'staging' || hasNotActed(step) || (isAborted && step.stage === 'staged');
    if (operation === undefined || !isHeldBack) return [];
    const cancel: readonly RolloutAction[] = step.isConnected ? [{ kind: 'cancel', uid: step.uid, operation, reason: why }] : [];
    if (step.stage === 'granted' || step.stage === 'begun' || (step.isConnected && step.phase !== undefined)) return cancel;
    // it may have staged all, and says so when it is back
    if (!isAborted && !step.isConnected) return [];
    const settlement = settlementOf('never-acted', situation.state);
    return [...cancel, { kind: 'settle', uid: step.uid, settlement, message: why }];
  });
}

function waitFor(situation: RolloutSituation, steps: readonly PlacedStep[]): readonly RolloutAction[] {
  return [{ kind: 'wait', ...waitReason(situation, steps) }];
}

/** Waits for its slot. */
function isReady(step: PlacedStep): boolean {
  return step.stage === 'staged' && step.phase === 'staged' && !step.isAsleep;
}

/** Has the yes to begin, and as far as its agent has said nothing was done with it. */
function hasNotActed(step: PlacedStep): boolean {
  return ownSlot(step)?.state === 'begun' && step.isConnected && step.phase === 'staged';
}

/** Shows its operation as not begun, and holds no slot, not even one that was taken by force. */
function isWaiting(step: PlacedStep): boolean {
  return step.slot === undefined && step.phase !== undefined && isUnbegun(step.phase);
}

function hasGivenUp(step: PlacedStep): boolean {
  return step.stage === 'pending' && step.record?.state === 'pending' && step.milestones.operations >= MOST_OPERATIONS;
}
