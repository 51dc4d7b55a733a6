import type { StepFacts } from '../rollout-step.ts';
import type { Clock } from '../ports.ts';

type Refusal = NonNullable<StepFacts['refusal']>;

/** An operation that still waits is asked about far more often. */
const KEPT_MS = 300_000;
const LONG_AGO_MS = Number.NEGATIVE_INFINITY;

/** Why operations may not go on: kept to be shown, and so that nobody asks again at once. */
export class Refusals {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** By operation. */
  readonly #refusals = new Map<string, Refusal & { readonly isOutdated: boolean }>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  refuse(operation: string, message: string): void {
    this.#refusals.set(operation, { message, atMs: this.#clock.monotonicMs(), isOutdated: false });
  }

  allow(operation: string): void {
    this.#refusals.delete(operation);
  }

  /** As if each had been long ago; until there is another answer the last one is still what is known. */
  outdate(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [operation, refusal] of this.#refusals) {
      if (nowMs - refusal.atMs > KEPT_MS) this.#refusals.delete(operation);
      else this.#refusals.set(operation, { ...refusal, isOutdated: true });
    }
  }

  of(operation: string): Refusal | undefined {
    const found = this.#refusals.get(operation);
    return found === undefined ? undefined : { message: found.message, atMs: found.isOutdated ? LONG_AGO_MS : found.atMs };
  }
}
