import type { Rollout__Output } from '../../proto/gen/uvs/v1/Rollout.ts';

/** A running rollout in which nothing has moved for so long must say what it waits for. */
export const SILENCE_MS = 10_000;

/**
 * Nothing waits silently: a pause has a reason, and what stands still says what it waits for.
 * @param stillMs for how long nothing of it has moved
 * @returns what is wrong with it; undefined where nothing is
 */
export function wordless(
  rollout: Pick<Rollout__Output, 'name' | 'state' | 'stateReason' | 'waitingFor'>,
  stillMs: number,
): string | undefined {
  const { name, state, stateReason, waitingFor } = rollout;
  if (state === 'ROLLOUT_STATE_PAUSED') return stateReason === '' ? `${name} is paused without a reason` : undefined;
  if (waitingFor !== '' || stillMs < SILENCE_MS) return undefined;
  return `${name} has stood still for ${Math.round(stillMs / 1000)} s and does not say why`;
}
