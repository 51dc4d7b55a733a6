import { abortError } from '../common/deadline.ts';
import { UvsError } from '../common/errors.ts';

export interface TurnsOptions {
  /** Works that go on at the same time. */
  readonly atOnce: number;
  /** Works of one party that may wait. */
  readonly waiting: number;
}

/** One party's works: one goes on, the others wait in their order. */
interface Line {
  isBusy: boolean;
  readonly waiting: (() => void)[];
}

/**
 * Lets the works of many parties through in turns, one of each party at a time: whoever brings many waits for its own, and the others wait for
 * one of them at most.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #lines = new Map<string, Line>();
  /** Those with a work that waits and none that goes on; whose turn comes first is first. */
  readonly #next = new Set<Line>();
  #going = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** How many have a work that goes on or waits. */
  get parties(): number {
    return this.#lines.size;
  }

  /** Does the work when its turn has come. @throws UvsError TOO_MANY; the signal's reason while it waits; what the work throws */
  async take<T>(party: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const line = this.#lineOf(party);
    await this.#turn(party, line, signal);
    try {
      return await work();
    } finally {
      this.#going -= 1;
      line.isBusy = false;
      if (line.waiting.length > 0) this.#next.add(line);
      else this.#lines.delete(party);
      this.#go();
    }
  }

  #lineOf(party: string): Line {
    const known = this.#lines.get(party);
    if (known !== undefined) return known;
    const line: Line = { isBusy: false, waiting: [] };
    this.#lines.set(party, line);
    return line;
  }

  #turn(party: string, line: Line, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (line.waiting.length >= this.#options.waiting) {
      throw new UvsError('TOO_MANY', `${line.waiting.length} calls of ${party} wait for their turn already`, {
        hint: 'Let one end before the next.',
      });
    }
    const start = (): void => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = (): void => {
      line.waiting.splice(line.waiting.indexOf(start), 1);
      if (line.waiting.length === 0) {
        this.#next.delete(line);
        if (!line.isBusy) this.#lines.delete(party);
      }
      reject(abortError(signal, 'the wait for a turn'));
    };
    line.waiting.push(start);
    signal.addEventListener('abort', onAbort, { once: true });
    if (!line.isBusy) this.#next.add(line);
    if (signal.aborted) onAbort();
    this.#go();
    return promise;
  }

  #go(): void {
    for (const line of this.#next) {
      if (this.#going >= this.#options.atOnce) return;
      this.#next.delete(line);
      line.isBusy = true;
      this.#going += 1;
      line.waiting.shift()?.();
    }
  }
}
