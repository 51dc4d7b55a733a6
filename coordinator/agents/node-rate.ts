import { UvsError } from '../../common/errors.ts';
import type { Clock } from '../ports.ts';
import { TokenBucket, type Allowance } from '../token-bucket.ts';

/** How often each node may do one thing; there are as many buckets as nodes that ever did it. */
export class NodeRate {
  readonly #what: string;
  readonly #allowance: Allowance;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param what in the plural, e.g. "hellos" */
  constructor(what: string, allowance: Allowance, clock: Clock) {
    this.#what = what;
    this.#allowance = allowance;
    this.#clock = clock;
  }

  /** @throws UvsError TOO_MANY */
  demand(uid: string): void {
    const bucket = this.#buckets.get(uid) ?? new TokenBucket(this.#allowance, this.#clock);
    this.#buckets.set(uid, bucket);
    if (bucket.take()) return;
    throw new UvsError('TOO_MANY', `node ${uid} brings ${this.#what} faster than they are taken`, {
      hint: `Try again in ${Math.ceil(bucket.waitMs() / 1000)} s; an agent does so by itself.`,
      details: { node: uid },
    });
  }
}
