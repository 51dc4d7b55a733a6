import type { Rollout__Output } from '../../proto/gen/uvs/v1/Rollout.ts';

/** A running rollout in which nothing has moved for so long, and which has said nothing meanwhile, waits silently. */
export const SILENCE_MS = 10_000;

type Heard = Pick<Rollout__Output, 'name' | 'state' | 'stateReason' | 'waitingFor'>;

/** Listens to one rollout: nothing waits silently, but a pause has a reason, and what stands still says what it waits for. */
export class Listener {
  #standing = '';
  /** Since when it has been asked, has answered, and has neither moved nor said a word. */
  #silentSinceMs: number;

  constructor(nowMs: number) {
    this.#silentSinceMs = nowMs;
  }

  /** It could not be asked: what it would have said, nobody knows. */
  miss(nowMs: number): void {
    this.#silentSinceMs = nowMs;
  }

  /**
   * @param standing all of it whose change is a movement
   * @returns what is wrong with it; undefined where nothing is
   */
  hear({ name, state, stateReason, waitingFor }: Heard, standing: string, nowMs: number): string | undefined {
    const isPaused = state === 'ROLLOUT_STATE_PAUSED';
    if (standing !== this.#standing || isPaused || waitingFor !== '') this.#silentSinceMs = nowMs;
    this.#standing = standing;
    if (isPaused) return stateReason === '' ? `${name} is paused without a reason` : undefined;
    const silentMs = nowMs - this.#silentSinceMs;
    return silentMs < SILENCE_MS ? undefined : `${name} has stood still for ${Math.round(silentMs / 1000)} s and does not say why`;
  }
}
