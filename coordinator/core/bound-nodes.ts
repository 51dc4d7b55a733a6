import type { StepState } from '../domain.ts';
import type { OtherRollout } from '../fits.ts';
import { hasEnded, type Mirror } from '../state/mirror.ts';

/** Without a slot its agent may still hold the operation, and is told to drop it. */
const atWork: ReadonlySet<StepState | undefined> = new Set<StepState>(['staging', 'staged', 'granted', 'begun', 'confirming']);

/**
 * The nodes with which a rollout is not done, by UID. One that was aborted begins nothing more: it binds only those that hold a slot for it or may
 * be at work for it, so that one node that is ill bars no other.
 */
export function boundNodes({ rollouts, slots }: Mirror): ReadonlyMap<string, OtherRollout> {
  const bound = new Map<string, OtherRollout>();
  for (const { plan, state, steps } of rollouts.values()) {
    if (hasEnded(state)) continue;
    const [isAborted, isPaused] = [state.state === 'aborted', state.state === 'paused'];
    for (const uid of plan.order) {
      if (isAborted && slots.get(uid)?.rollout !== plan.id && !atWork.has(steps.get(uid)?.state)) continue;
      bound.set(uid, { id: plan.id, isAborted, isPaused });
    }
  }
  return bound;
}
