import { UvsError } from '../common/errors.ts';
import type { RolloutPause, RolloutStateRecord, TimeMs } from './domain.ts';
import { canaryHold } from './rollout-canary.ts';
import { placeSteps, type RolloutSituation } from './rollout-situation.ts';

/** An operator's pause stands above what it was paused for before, and only a resume leads out of it. */
export function pausedBy(state: RolloutStateRecord, by: string, reason: string, now: TimeMs): RolloutStateRecord {
  return paused(state, { cause: 'operator', by }, reason === '' ? `paused by ${by}` : reason, now);
}

/** One that is paused already is so since then, whatever it is paused for by now. */
export function paused(state: RolloutStateRecord, pause: RolloutPause, reason: string, now: TimeMs): RolloutStateRecord {
  return { ...state, state: 'paused', reason, pause, pausedAt: state.state === 'paused' ? state.pausedAt : now };
}

/** A new attempt: what has failed is tried again, and deadlines begin now. */
export function resumed(state: RolloutStateRecord): RolloutStateRecord {
  return state.state === 'running' ? state : goingOn(state);
}

export function abortedBy(state: RolloutStateRecord, by: string, reason: string): RolloutStateRecord {
  return { ...state, state: 'aborted', reason: reason === '' ? `aborted by ${by}` : reason, pause: undefined, pausedAt: undefined };
}

/**
 * An approval ends the soak, and the pause that waited for it. It is not kept for later: in any other pause it is refused, for whoever approves
 * has not seen yet what will be so when somebody resumes.
 * @throws UvsError NOT_ALLOWED_NOW where there is nothing to approve, the canaries are not done, or another pause stands
 */
export function approvedBy(situation: RolloutSituation, by: string): RolloutStateRecord {
  const { plan, state } = situation;
  const show = `"uvsctl rollouts show ${plan.id}" shows where it is.`;
  if (plan.canaries === 0) throw refused(situation, `rollout ${plan.id} has no canaries to approve`, show);
  if (state.approvedBy !== undefined) {
    const hint = state.state === 'paused' ? `"uvsctl rollouts resume ${plan.id}" lets it go on.` : show;
    throw refused(situation, `rollout ${plan.id} was approved already, by ${state.approvedBy}`, hint);
  }
  if (state.state === 'paused' && state.pause?.cause !== 'approval') {
    const who = state.pause?.cause === 'operator' ? ` by ${state.pause.by}` : '';
    const hint = `"uvsctl rollouts resume ${plan.id}" ends that; then it can be approved.`;
    throw refused(situation, `rollout ${plan.id} is paused${who}, not for an approval: ${state.reason}`, hint);
  }
  const hold = canaryHold(situation, placeSteps(situation));
  if (hold?.kind === 'going') throw refused(situation, `the canaries of rollout ${plan.id} are not done yet`, show);
  if (hold === undefined) throw refused(situation, `the nodes after the canaries of rollout ${plan.id} follow already`, show);
  return { ...goingOn(state), approvedBy: by };
}

/** A new attempt, so that deadlines begin now. */
function goingOn(state: RolloutStateRecord): RolloutStateRecord {
  return { ...state, state: 'running', reason: '', pause: undefined, pausedAt: undefined, attempt: state.attempt + 1 };
}

function refused({ plan, state }: RolloutSituation, message: string, hint: string): UvsError {
  return new UvsError('NOT_ALLOWED_NOW', message, { hint, details: { rollout: plan.id, state: state.state } });
}
