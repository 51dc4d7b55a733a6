import { setTimeout as sleep } from 'node:timers/promises';
import { UvsError } from './errors.ts';

/**
 * A time limit joined with a caller's signal: `signal` aborts at whichever comes first. Timers run by the monotonic clock.
 * Dispose of it, or its timer keeps the process alive.
 */
export class Deadline implements Disposable {
  readonly signal: AbortSignal;
  readonly #endsAtMs: number;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal | undefined;
  readonly #onOuterAbort = (): void => this.#controller.abort(this.#outer?.reason);

  /** @param outer aborts earlier; @param what names the wait in the error, e.g. "the answer of c1:7443". */
  constructor(limitMs: number, what: string, outer?: AbortSignal) {
    this.signal = this.#controller.signal;
    this.#endsAtMs = performance.now() + limitMs;
    this.#timer = setTimeout(() => {
      this.#controller.abort(new UvsError('DEADLINE_EXCEEDED', `${what} did not come within ${limitMs / 1000} s`));
    }, limitMs);
    this.#outer = outer;
    if (outer?.aborted === true) this.#onOuterAbort();
    else outer?.addEventListener('abort', this.#onOuterAbort, { once: true });
  }

  /** Milliseconds left, never below 0. */
  get leftMs(): number {
    return Math.max(0, this.#endsAtMs - performance.now());
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onOuterAbort);
  }
}

/** The error that an aborted signal stands for: its reason where that is a UvsError, else CANCELLED. */
export function abortError(signal: AbortSignal, what: string): UvsError {
  const reason: unknown = signal.reason;
  return reason instanceof UvsError ? reason : new UvsError('CANCELLED', `${what} was cancelled`, { cause: reason });
}

/** Waits; rejects with `abortError` as soon as the signal aborts. */
export async function pause(waitMs: number, what: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(waitMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw signal?.aborted === true ? abortError(signal, what) : error;
  }
}
