import type { Reason, UvsError } from '../../common/errors.ts';
import type { Clock } from '../ports.ts';

/** Where nobody else leads, this coordinator wins again and again. */
const TOLD_MS = 30_000;
/** What keeps a coordinator from leading is rarely over sooner. */
const LASTING_MS = 10 * 60_000;

/** Of the whole cluster, or over by itself: another coordinator is no better off. */
const passing: ReadonlySet<Reason> = new Set(['ETCD_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED', 'DISK_FAILED']);

/** Remembers for a while why the term that this coordinator won last could not be begun, or went wrong: so long it is told. */
export class TermTrouble {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #last: { readonly err: UvsError; readonly atMs: number } | undefined;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  note(err: UvsError): void {
    // that it is over is no trouble
    if (err.reason !== 'NOT_LEADER') this.#last = { err, atMs: this.#clock.monotonicMs() };
  }

  /** A term was begun well. */
  clear(): void {
    this.#last = undefined;
  }

  get recent(): UvsError | undefined {
    return this.#within(TOLD_MS);
  }

  /** Whether it is this coordinator's own, as a record that it can't read, and may keep it from leading again. */
  get isLasting(): boolean {
    const err = this.#within(LASTING_MS);
    return err !== undefined && !passing.has(err.reason);
  }

  #within(ms: number): UvsError | undefined {
    return this.#last !== undefined && this.#clock.monotonicMs() - this.#last.atMs <= ms ? this.#last.err : undefined;
  }
}
