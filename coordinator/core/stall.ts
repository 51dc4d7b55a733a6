/** Gives up where nothing has been told for so long: each thing that is done gives the next one its time. */
export class Stall implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(idleMs: number) {
    this.#timer = setTimeout(() => {
      this.#controller.abort(new DOMException(`nothing was done for ${idleMs} ms`, 'TimeoutError'));
    }, idleMs);
  }

  /** Aborts with a TimeoutError, as that of AbortSignal.timeout. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  progress(): void {
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
