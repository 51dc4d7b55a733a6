import { abortError } from '../../common/deadline.ts';
import type { Contact } from '../ports.ts';

/** Knows whether the session is open, and lets others wait until it is. */
export class SessionContact implements Contact {
  #coordinator: string | undefined;
  #waiting = new Set<() => void>();

  /** Address of the coordinator at the other end. */
  get coordinator(): string | undefined {
    return this.#coordinator;
  }

  set(coordinator: string | undefined): void {
    this.#coordinator = coordinator;
    if (coordinator === undefined) return;
    for (const resume of this.#waiting) resume();
  }

  isThere(): boolean {
    return this.#coordinator !== undefined;
  }

  async await(signal: AbortSignal): Promise<void> {
    if (this.isThere()) return;
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => (): void => {
        this.#waiting.delete(reached);
        signal.removeEventListener('abort', aborted);
        settle();
      };
      const reached = end(resolve);
      const aborted = end(() => reject(abortError(signal, 'waiting for a coordinator')));
      this.#waiting.add(reached);
      if (signal.aborted) aborted();
      else signal.addEventListener('abort', aborted, { once: true });
    });
  }
}

/** At the console nobody is connected to anything. */
export const noContact: Contact = {
  isThere: () => false,
  await: (signal) =>
    new Promise((_resolve, reject) => {
      if (signal.aborted) reject(abortError(signal, 'waiting for a coordinator'));
      signal.addEventListener('abort', () => reject(abortError(signal, 'waiting for a coordinator')), { once: true });
    }),
};
