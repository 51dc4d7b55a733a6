import type { Clock } from './ports.ts';

export interface Allowance {
  /** As much at once, after a time without. */
  readonly burst: number;
  readonly perSecond: number;
}

/** A limited rate: so much at once, and more as time passes. */
export class TokenBucket {
  readonly #allowance: Allowance;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #tokens: number;
  #atMs: number;

  constructor(allowance: Allowance, clock: Pick<Clock, 'monotonicMs'>) {
    this.#allowance = allowance;
    this.#clock = clock;
    this.#tokens = allowance.burst;
    this.#atMs = clock.monotonicMs();
  }

  /** Milliseconds until so much may be taken; 0: now. */
  waitMs(count = 1): number {
    this.#fill();
    return Math.max(0, ((count - this.#tokens) * 1000) / this.#allowance.perSecond);
  }

  /** Takes so much if it is there. */
  take(count = 1): boolean {
    if (this.waitMs(count) > 0) return false;
    this.#tokens -= count;
    return true;
  }

  /**
   * Takes so much in any case, and owes what is not there.
   * @param mostMs so long a debt grows no further
   * @returns milliseconds until what was taken will have been there
   */
  owe(mostMs: number, count = 1): number {
    this.#fill();
    this.#tokens = Math.max(this.#tokens - count, (-mostMs * this.#allowance.perSecond) / 1000);
    return this.waitMs(0);
  }

  #fill(): void {
    const { burst, perSecond } = this.#allowance;
    const nowMs = this.#clock.monotonicMs();
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) * perSecond) / 1000);
    this.#atMs = nowMs;
  }
}
