import { canaryHold, othersFollowMs } from './rollout-canary.ts';
import type { PlacedStep, RolloutSituation } from './rollout-situation.ts';
import { FORGIVEN_ABSENCE_MS } from './rollout-step.ts';
import { stepsInTurn, turnOf, type Turn } from './rollout-turn.ts';
import { describeStep } from './rollout-waiting.ts';

export interface Overdue {
  readonly step: PlacedStep;
  /** Whether the node itself is what was waited for, and not a gate, the budget or another node. */
  readonly isOfNode: boolean;
  readonly reason: string;
}

/**
 * Says which deadline has passed and what was waited for: a node that stages too long, one that is not confirmed in time after it began,
 * or a turn that nobody could take. A deadline never frees a slot (promise 5).
 */
export function overdue(situation: RolloutSituation, steps: readonly PlacedStep[]): Overdue | undefined {
  const { nowMs, plan } = situation;
  const { stageDeadlineMs, stepDeadlineMs, waitDeadlineMs } = plan.spec;
  for (const step of steps) {
    const { stagingMs, begunMs, endedMs } = step.milestones;
    if (step.stage === 'staging' && isPast(nowMs, stagingMs, stageDeadlineMs)) {
      return late(step, true, `was not staged within ${seconds(stageDeadlineMs)}`, turnOf(situation, steps));
    }
    if ((step.stage === 'begun' || step.stage === 'confirming') && isPast(nowMs, begunMs ?? endedMs, stepDeadlineMs)) {
      return late(step, true, `was not confirmed within ${seconds(stepDeadlineMs)} of its beginning`, turnOf(situation, steps));
    }
  }
  const hold = canaryHold(situation, steps);
  if (hold?.kind === 'unproven' && isPast(nowMs, hold.sinceMs, waitDeadlineMs)) {
    return { step: hold.step, isOfNode: false, reason: `nothing could begin within ${seconds(waitDeadlineMs)}: ${hold.message}` };
  }
  const isOfNode = (step: PlacedStep): boolean => holdsItselfUp(step, nowMs, waitDeadlineMs);
  const isLate = (waiting: Waiting | undefined): waiting is Waiting =>
    waiting !== undefined && isPast(nowMs, waiting.sinceMs, waitDeadlineMs);
  // whoever has its slot may be what the others are refused for, and has a wait of its own; where one comes after the other, not for ever
  const idle = longestWaiting(situation, steps, isIdle);
  const longest = longestWaiting(situation, steps);
  if (idle !== undefined && !isLate(idle) && !isPast(nowMs, longest?.sinceMs, 2 * waitDeadlineMs)) return undefined;
  // what is no node's fault would go on while nodes are given up one after the other
  const waiting = [idle, longestWaiting(situation, steps, (step) => !isOfNode(step)), longest].find(isLate);
  if (waiting === undefined) return undefined;
  const { step } = waiting;
  return late(step, isOfNode(step), `could not begin within ${seconds(waitDeadlineMs)}`, turnOf(situation, steps));
}

/**
 * Whether it is the node itself that keeps it from beginning: it is not heard for longer than a broken connection takes, or is not well in another
 * way than the rollout is to mend, or has had its slot and done nothing with it, refused nothing.
 */
function holdsItselfUp(step: PlacedStep, nowMs: number, waitDeadlineMs: number): boolean {
  const { illness, isToBeMended, milestones, quarantine, slot } = step;
  if (isPast(nowMs, milestones.awayMs, Math.min(FORGIVEN_ABSENCE_MS, waitDeadlineMs)) || quarantine !== undefined) return true;
  // whoever has a slot is not ready for that alone
  if (illness !== undefined && isToBeMended !== true && slot === undefined) return true;
  return isIdle(step) && isPast(nowMs, milestones.grantedMs, waitDeadlineMs);
}

/** Has its slot, or had it until it lapsed, and could begin: nothing has refused it, or is being asked or set for it. */
function isIdle({ isAsked, isPreparing, milestones, refusal, stage }: PlacedStep): boolean {
  const isKept = refusal !== undefined || isAsked === true || isPreparing === true;
  return !isKept && (stage === 'granted' || stage === 'staged') && milestones.grantedMs !== undefined;
}

/** What is waited for, since when, and when the rollout pauses if it is not over by then, by the monotonic clock. */
export interface Wait {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** The wait whose deadline passes first; undefined where none runs, as during a soak. */
export function firstDeadline(situation: RolloutSituation, steps: readonly PlacedStep[]): Wait | undefined {
  const { stageDeadlineMs, stepDeadlineMs, waitDeadlineMs } = situation.plan.spec;
  if (situation.state.state !== 'running') return undefined;
  let first: Wait | undefined;
  const consider = (sinceMs: number | undefined, deadlineMs: number): void => {
    if (sinceMs === undefined || (first !== undefined && first.untilMs <= sinceMs + deadlineMs)) return;
    first = { sinceMs, untilMs: sinceMs + deadlineMs };
  };
  for (const { milestones, stage } of steps) {
    if (stage === 'staging') consider(milestones.stagingMs, stageDeadlineMs);
    if (stage === 'begun' || stage === 'confirming') consider(milestones.begunMs ?? milestones.endedMs, stepDeadlineMs);
  }
  const hold = canaryHold(situation, steps);
  if (hold?.kind === 'unproven') consider(hold.sinceMs, waitDeadlineMs);
  const idle = longestWaiting(situation, steps, isIdle);
  consider((idle ?? longestWaiting(situation, steps))?.sinceMs, waitDeadlineMs);
  if (idle !== undefined) consider(longestWaiting(situation, steps)?.sinceMs, 2 * waitDeadlineMs);
  return first;
}

function late(step: PlacedStep, isOfNode: boolean, what: string, turn: Turn): Overdue {
  return { step, isOfNode, reason: `${step.hostname} ${what}: ${describeStep(step, turn)}` };
}

interface Waiting {
  readonly step: PlacedStep;
  readonly sinceMs: number;
}

/** The step that holds the rollout up, counted from when it could have begun or from the last time that anything moved. */
function longestWaiting(
  situation: RolloutSituation,
  steps: readonly PlacedStep[],
  isMeant: (step: PlacedStep) => boolean = () => true,
): Waiting | undefined {
  if (steps.some((step) => step.stage === 'begun' || step.stage === 'confirming')) return undefined;
  const turn = stepsInTurn(situation, steps);
  const granted = steps.filter((step) => step.stage === 'granted');
  const staged = [...granted, ...turn.filter((step) => step.stage === 'staged')];
  const candidates = staged.length > 0 ? staged : turn.some((step) => step.stage === 'staging') ? [] : turn;
  let longest: Waiting | undefined;
  for (const step of candidates.filter(isMeant)) {
    const { firstSeenMs, grantedMs, stagedMs = firstSeenMs } = step.milestones;
    // gates and drains take their time before it is its turn
    const sinceMs = isIdle(step) ? (grantedMs ?? stagedMs) : stagedMs;
    if (longest === undefined || sinceMs < longest.sinceMs) longest = { step, sinceMs };
  }
  return longest === undefined
    ? undefined
    : { ...longest, sinceMs: Math.max(longest.sinceMs, lastMovementMs(steps), othersFollowMs(situation, steps) ?? 0) };
}

function lastMovementMs(steps: readonly PlacedStep[]): number {
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { milestones } of steps) {
    for (const atMs of [milestones.begunMs, milestones.endedMs, milestones.settledMs]) {
      if (atMs !== undefined && atMs > lastMs) lastMs = atMs;
    }
  }
  return lastMs;
}

function isPast(nowMs: number, sinceMs: number | undefined, deadlineMs: number): boolean {
  return sinceMs !== undefined && nowMs - sinceMs > deadlineMs;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
