import type { UvsError } from '../../common/errors.ts';
import type { Clock } from '../ports.ts';

/** Where nobody else leads, this coordinator wins again and again. */
const TOLD_MS = 30_000;

/** Remembers for a while why the term that this coordinator won last could not be begun, or went wrong: so long it is told. */
export class TermTrouble {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #last: { readonly err: UvsError; readonly atMs: number } | undefined;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  note(err: UvsError): void {
    this.#last = { err, atMs: this.#clock.monotonicMs() };
  }

  get recent(): UvsError | undefined {
    return this.#last !== undefined && this.#clock.monotonicMs() - this.#last.atMs <= TOLD_MS ? this.#last.err : undefined;
  }
}
