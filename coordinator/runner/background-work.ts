import type { Logger } from '../../common/log.ts';
import type { Term } from '../election.ts';

/** Does what the loop does not wait for, one piece of work at a time for each key; a failure is logged, and the loop tries again. */
export class BackgroundWork {
  readonly #term: Pick<Term, 'isCurrent'>;
  readonly #log: Logger;
  readonly #busy = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(term: Pick<Term, 'isCurrent'>, log: Logger) {
    this.#term = term;
    this.#log = log;
  }

  /** Calls back whenever a piece of work is over, well or not. */
  onDone(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * Starts the work, unless the same is under way.
   * @param trouble what is logged where it fails
   */
  start(key: string, trouble: string, work: () => Promise<void>): void {
    if (this.#busy.has(key)) return;
    this.#busy.add(key);
    void this.#run(key, trouble, work);
  }

  async #run(key: string, trouble: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (err) {
      if (this.#term.isCurrent()) this.#log.warn({ err, about: key }, trouble);
    } finally {
      this.#busy.delete(key);
      for (const listener of this.#listeners) listener();
    }
  }
}
