import type { Clock } from '../ports.ts';

/** Asks at most once per interval and shares the answer: after an election thousands of sessions want the same at once. */
export class Recent<T> {
  readonly #ask: () => Promise<T>;
  readonly #clock: Clock;
  readonly #freshMs: number;
  #last: { readonly atMs: number; readonly answer: Promise<T> } | undefined;

  constructor(ask: () => Promise<T>, clock: Clock, freshMs: number) {
    this.#ask = ask;
    this.#clock = clock;
    this.#freshMs = freshMs;
  }

  async get(): Promise<T> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#last === undefined || nowMs - this.#last.atMs > this.#freshMs) {
      const last = { atMs: nowMs, answer: this.#ask() };
      this.#last = last;
      // A failure is told to those who waited, and not kept.
      last.answer.catch(() => {
        if (this.#last === last) this.#last = undefined;
      });
    }
    return await this.#last.answer;
  }
}
