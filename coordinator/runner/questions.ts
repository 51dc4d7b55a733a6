import { toUvsError } from '../../common/errors.ts';
import type { Answer } from '../core/answer.ts';
import type { Leading } from '../core/leading.ts';
import type { RolloutObserver } from '../core/rollout-observer.ts';
import type { BackgroundWork } from './background-work.ts';

/** Asks what needs a yes before an operation goes on, one question at a time for each; a no is kept to be shown, and not to be asked again at once. */
export class Questions {
  readonly #leading: Pick<Leading, 'clock' | 'timings' | 'term'>;
  readonly #observer: RolloutObserver;
  readonly #background: BackgroundWork;

  constructor(leading: Pick<Leading, 'clock' | 'timings' | 'term'>, observer: RolloutObserver, background: BackgroundWork) {
    this.#leading = leading;
    this.#observer = observer;
    this.#background = background;
  }

  ask(operation: string, question: (signal: AbortSignal) => Promise<Answer>): void {
    this.#background.start(operation, 'operation could not be brought further', async () => {
      try {
        const answer = await question(this.#leading.term.signal);
        if (answer.isYes) this.#observer.allow(operation);
        else this.#observer.refuse(operation, answer.reason);
      } catch (thrown) {
        this.#observer.refuse(operation, toUvsError(thrown).message);
        throw thrown;
      }
    });
  }

  wasRefusedJustNow(operation: string): boolean {
    const { clock, timings } = this.#leading;
    const refusedMs = this.#observer.refusalOf(operation)?.atMs;
    return refusedMs !== undefined && clock.monotonicMs() - refusedMs < timings.retryMs;
  }
}
