import { UvsError } from '../../common/errors.ts';

interface Pending<A> {
  readonly resolve: (answer: A) => void;
  readonly reject: (error: UvsError) => void;
}

/** Questions to one agent of one kind that wait for their answers, each known by a nonce. */
export class Questions<A> {
  readonly #what: string;
  readonly #pending = new Map<string, Pending<A>>();

  /** @param what what a question is, for people, e.g. "the probe of node …" */
  constructor(what: string) {
    this.#what = what;
  }

  /** Asks; resolves with the answer. @throws UvsError what `fail` was given, or the signal's reason */
  async ask(nonce: string, send: () => void, signal: AbortSignal): Promise<A> {
    return await new Promise<A>((resolve, reject) => {
      const settle = (): void => {
        this.#pending.delete(nonce);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        settle();
        const reason: unknown = signal.reason;
        reject(reason instanceof UvsError ? reason : new UvsError('CANCELLED', `${this.#what} was cancelled`, { cause: reason }));
      };
      this.#pending.set(nonce, {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) return onAbort();
      send();
    });
  }

  /** Takes an answer; one to a question that nobody waits for any more is dropped. */
  answered(nonce: string, answer: A): void {
    this.#pending.get(nonce)?.resolve(answer);
  }

  /** Ends all that wait. */
  fail(error: UvsError): void {
    for (const pending of this.#pending.values()) pending.reject(error);
  }
}
