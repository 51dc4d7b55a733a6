import { toUvsError, type UvsError } from '../common/errors.ts';
import type { Leadership } from './agents/leadership.ts';
import type { Core, CredentialRecord } from './core.ts';

const RETRY_MS = 5_000;

/**
 * Records the certificates that were made before there was a cluster to record them (the coordinators' own, the first admin's), as soon as
 * this coordinator leads: what is not recorded can't be withdrawn.
 */
export class FirstRecords implements Disposable {
  readonly #records: readonly CredentialRecord[];
  readonly #core: Pick<Core, 'credentials'>;
  readonly #leadership: Leadership;
  readonly #onTrouble: (error: UvsError) => void;
  readonly #listening: Disposable;
  #timer: NodeJS.Timeout | undefined;
  #state: 'waiting' | 'working' | 'done' = 'waiting';

  constructor(
    records: readonly CredentialRecord[],
    core: Pick<Core, 'credentials'>,
    leadership: Leadership,
    onTrouble: (error: UvsError) => void,
  ) {
    this.#records = records;
    this.#core = core;
    this.#leadership = leadership;
    this.#onTrouble = onTrouble;
    this.#listening = leadership.onChange(() => void this.#work());
    void this.#work();
  }

  [Symbol.dispose](): void {
    this.#state = 'done';
    clearTimeout(this.#timer);
    this.#listening[Symbol.dispose]();
  }

  async #work(): Promise<void> {
    if (this.#state !== 'waiting' || !this.#leadership.isLeader()) return;
    this.#state = 'working';
    try {
      const known = new Set((await this.#core.credentials.list()).map((record) => record.serial));
      for (const record of this.#records) {
        if (!known.has(record.serial)) await this.#core.credentials.record(record, { identity: 'coordinator/init' });
      }
      this[Symbol.dispose]();
    } catch (error) {
      // Disposed of while it worked: nothing is left to do.
      if (this.#isOver()) return;
      this.#state = 'waiting';
      this.#onTrouble(toUvsError(error));
      this.#timer = setTimeout(() => void this.#work(), RETRY_MS);
      this.#timer.unref();
    }
  }

  #isOver(): boolean {
    return this.#state === 'done';
  }
}
