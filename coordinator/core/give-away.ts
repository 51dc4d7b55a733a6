import type { Clock } from '../ports.ts';

/** Where the others can't do it either the leadership does not go round. */
const KEPT_MS = 10 * 60_000;

/** Decides whether a leader that can promise nothing, because its disk takes nothing, gives the leadership away: to one that runs, and not again and again. */
export class GiveAway {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #othersRun: () => boolean;
  #lastMs: number | undefined;

  constructor(clock: Pick<Clock, 'monotonicMs'>, othersRun: () => boolean) {
    this.#clock = clock;
    this.#othersRun = othersRun;
  }

  /** @returns whether it is to be given away now; whoever asks does it */
  take(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#othersRun() || (this.#lastMs !== undefined && nowMs - this.#lastMs < KEPT_MS)) return false;
    this.#lastMs = nowMs;
    return true;
  }
}
