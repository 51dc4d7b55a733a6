import type { StepFacts } from '../rollout-step.ts';
import type { Clock } from '../ports.ts';

type Refusal = NonNullable<StepFacts['refusal']>;

/** An operation that still waits is asked about far more often. */
const KEPT_MS = 300_000;
const LONG_AGO_MS = Number.NEGATIVE_INFINITY;

/** Why operations may not go on: kept to be shown, and so that nobody asks again at once. */
export class Refusals {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** By operation, the latest at the end. */
  readonly #refusals = new Map<string, Refusal>();
  /** Operations that nobody is to ask about again at once. */
  readonly #fresh = new Set<string>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  refuse(operation: string, message: string): void {
    this.#refusals.delete(operation);
    this.#refusals.set(operation, { message, atMs: this.#clock.monotonicMs() });
    this.#fresh.add(operation);
  }

  /** @returns whether it was refused before */
  allow(operation: string): boolean {
    this.#fresh.delete(operation);
    return this.#refusals.delete(operation);
  }

  /**
   * As if each had been long ago; until there is another answer the last one is still what is known.
   *
   * @returns the operations of which another thing is known than before
   */
  outdate(): readonly string[] {
    const changed = [...this.#fresh];
    this.#fresh.clear();
    const nowMs = this.#clock.monotonicMs();
    for (const [operation, { atMs }] of this.#refusals) {
      if (nowMs - atMs <= KEPT_MS) break;
      this.#refusals.delete(operation);
      changed.push(operation);
    }
    return changed;
  }

  of(operation: string): Refusal | undefined {
    const found = this.#refusals.get(operation);
    if (found === undefined || this.#fresh.has(operation)) return found;
    return { message: found.message, atMs: LONG_AGO_MS };
  }
}
