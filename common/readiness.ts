import type { Notifier } from './notify.ts';

/**
 * Tells the service manager once that a daemon is ready: at its first good contact, or after a while without one, for then it does what it can
 * and its status says what it lacks. Whoever waits for the unit waits no longer than that.
 */
export class Readiness implements Disposable {
  readonly #notifier: Pick<Notifier, 'ready' | 'status'>;
  readonly #timer: NodeJS.Timeout;
  readonly #status: () => string;
  #isReady = false;

  /** @param status how the daemon stands at this moment, in one line */
  constructor(notifier: Pick<Notifier, 'ready' | 'status'>, limitMs: number, status: () => string) {
    this.#notifier = notifier;
    this.#status = status;
    this.#timer = setTimeout(() => this.#ready(), limitMs);
  }

  /** How it stands has changed. @param isGood whether it has the contact that it needs */
  changed(isGood: boolean): void {
    if (isGood && !this.#isReady) this.#ready();
    else this.#notifier.status(this.#status());
  }

  #ready(): void {
    this.#isReady = true;
    clearTimeout(this.#timer);
    this.#notifier.ready(this.#status());
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
