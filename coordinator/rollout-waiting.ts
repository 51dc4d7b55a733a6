import { howToAccept } from './left-to-operator.ts';
import { canaryHold } from './rollout-canary.ts';
import { isInFlight, isOver, isSettled, type PlacedStep, type RolloutSituation } from './rollout-situation.ts';
import { ownSlot } from './rollout-step.ts';
import { stepsInTurn, turnOf, type Turn } from './rollout-turn.ts';

const STEPS_SHOWN = 3;
/** An outcome; and the agent's phase, in a slot that was made anew once etcd was put back. */
const NEEDS_OPERATOR = 'needs-operator';
/** Grants, begins and proofs of health take less, even through an election. */
const FORGIVEN_MS = 3_000;

interface Wait {
  readonly isMoving: boolean;
  readonly reason: string;
}

/** Says what the rollout waits for and for whom, or, while something moves, what moves. */
export function waitReason(situation: RolloutSituation, steps: readonly PlacedStep[]): Wait {
  const wait = waitOfNodes(situation, steps);
  const { unwrittenMs } = situation;
  if (!wait.isMoving || unwrittenMs < FORGIVEN_MS) return wait;
  // what nodes have told since is not known to anybody before it is written
  const seconds = Math.round(unwrittenMs / 1000);
  return { isMoving: false, reason: `etcd has not taken for ${seconds} s what is to be decided; until then: ${wait.reason}` };
}

function waitOfNodes(situation: RolloutSituation, steps: readonly PlacedStep[]): Wait {
  const { state } = situation.state;
  const turn = turnOf(situation, steps);
  const inFlight = steps.filter((step) => isInFlight(step) || ownSlot(step) !== undefined);
  const { holdReason } = situation;
  if (state !== 'running') {
    // one that was aborted is over only once nobody holds anything of it any more
    const open = state === 'aborted' ? steps.filter((step) => ownSlot(step) !== undefined || !isOver(step)) : inFlight;
    if (open.length === 0) return { isMoving: false, reason: describeHalt(situation, steps) };
    const reason = `${state}; still to end: ${describeSteps(open, turn)}`;
    if (holdReason !== undefined) return { isMoving: false, reason: `${reason}; ${holdReason}` };
    return { isMoving: open.some((step) => isMoving(situation, step)), reason };
  }
  const inTurn = stepsInTurn(situation, steps);
  // what etcd has forgotten moves for nobody, whatever the nodes said last
  if (holdReason !== undefined) return { isMoving: false, reason: holdReason };
  const hold = canaryHold(situation, steps);
  if (inFlight.length === 0 && hold !== undefined && hold.kind !== 'going') return { isMoving: false, reason: hold.message };
  // one that was given up keeps its slot, and is what the next one says that it waits for
  const goingOn = inFlight.filter((step) => step.stage !== 'failed');
  const shown = goingOn.length > 0 ? goingOn : inTurn.length > 0 ? inTurn : inFlight;
  const isAnythingMoving =
    goingOn.some((step) => isMoving(situation, step)) ||
    (goingOn.length === 0 && inTurn.some((step) => step.stage === 'staging' && isMoving(situation, step)));
  return { isMoving: isAnythingMoving, reason: describeSteps(shown, turn) };
}

/** Says of one step what it is doing or waiting for, without its name. What it was refused while its turn was is so no longer once it is not. */
export function describeStep(step: PlacedStep, turn: Turn): string {
  const slot = ownSlot(step);
  if (slot?.state === 'ended' && slot.outcome === NEEDS_OPERATOR)
    return `it needs an operator: ${slot.outcomeMessage ?? 'no reason was given'}`;
  if (step.quarantine !== undefined) return `quarantined: ${step.quarantine}`;
  if (slot?.state === 'revoked')
    return `its slot was taken back by ${slot.revocation?.by ?? 'an operator'}, and it has not acknowledged yet`;
  if (!step.isEnrolled) return 'it has left the cluster';
  const silence = step.isConnected ? '' : ', and it is silent';
  switch (step.stage) {
    case 'pending':
      if (step.slot !== undefined) return `it holds a slot for ${step.slot.operation} of ${step.slot.rollout}`;
      if (!step.isConnected) return 'it is silent';
      return (turn.open.has(step.uid) ? step.refusal?.message : undefined) ?? 'not sent to it yet';
    case 'staging':
      return `${doing(step) ?? 'it was told, and has not said anything yet'}${silence}`;
    case 'staged':
      return `${beforeGrant(step, turn)}${silence}`;
    case 'granted':
      return `${step.refusal?.message ?? beforeBegin(step)}${silence}`;
    case 'begun':
      if (step.phase === NEEDS_OPERATOR) return `it needs an operator: ${whatToAccept(step)}${silence}`;
      // its last words are older than the yes that it was given
      if (step.phase === 'staged') return `it was told that it may begin, and has not said anything since${silence}`;
      return `${doing(step) ?? 'it has begun'}${silence}${step.isConnected ? '' : ': see that its machine is up and uvs-agent runs there'}`;
    case 'confirming':
      return `it has ended, ${whatIsMissing(step)}${silence}`;
    case 'succeeded':
      return 'done';
    case 'failed':
      return slot?.state === 'ended'
        ? `it has failed and keeps its slot, ${whatIsMissing(step)}${silence}`
        : (step.record?.message ?? 'failed');
    case 'skipped':
      return step.record?.message ?? 'skipped';
  }
}

function whatToAccept({ record }: PlacedStep): string {
  if (record === undefined) return 'see the output of its operation';
  return `see the output of ${record.operation}. ${howToAccept(record.operation)}`;
}

/** Between the end of a step and a free slot. */
function whatIsMissing({ refusal }: PlacedStep): string {
  return refusal?.message ?? 'its health is being checked';
}

function beforeGrant({ uid, isAsked, refusal }: PlacedStep, { state, open }: Turn): string {
  if (state !== 'running') return `staged, and the rollout is ${state}`;
  if (refusal !== undefined && open.has(uid)) return refusal.message;
  return isAsked === true ? 'the gates are being asked whether it may have its slot' : 'staged, waiting for its turn';
}

function beforeBegin({ formerRefusal, isAsked, isPreparing, preparation }: PlacedStep): string {
  const before = formerRefusal === undefined ? '' : ` (its last turn: ${formerRefusal})`;
  if (isPreparing === true)
    return `what the gates want for it is being set${preparation === undefined ? '' : ` (${preparation})`}${before}`;
  return `${isAsked === true ? 'the gates are being asked whether it may begin' : 'it has its slot and has not begun'}${before}`;
}

function describeSteps(steps: readonly PlacedStep[], turn: Turn): string {
  const shown = steps.slice(0, STEPS_SHOWN).map((step) => `${step.hostname}: ${describeStep(step, turn)}`);
  const more = steps.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function describeHalt(situation: RolloutSituation, steps: readonly PlacedStep[]): string {
  const { state, reason } = situation.state;
  const left = steps.filter((step) => !isSettled(step)).length;
  return `${state}${reason === '' ? '' : `: ${reason}`} (${left} of ${steps.length} ${steps.length === 1 ? 'node' : 'nodes'} to go)`;
}

/** Whether it goes on by itself: it is heard, nothing has said no to it, and what it was given it has taken up. */
function isMoving({ nowMs }: RolloutSituation, step: PlacedStep): boolean {
  const { idleMs, endedMs } = step.milestones;
  const restsSinceMs = step.stage === 'confirming' ? endedMs : idleMs;
  if (restsSinceMs !== undefined && nowMs - restsSinceMs > FORGIVEN_MS) return false;
  const slot = ownSlot(step);
  // the record has it where the slot was made anew since
  const isLeft = step.isWithOperator === true || [slot?.outcome, step.record?.outcome, step.phase].includes(NEEDS_OPERATOR);
  const isStuck = step.quarantine !== undefined || slot?.state === 'revoked' || isLeft;
  return step.isConnected && step.refusal === undefined && !isStuck;
}

/** The agent's own words name what it does ("Running pre task drain …"); the phase stands in where it has said nothing yet. */
function doing(step: PlacedStep): string | undefined {
  return step.phaseMessage === '' ? step.phase : step.phaseMessage;
}
