import { toUvsError, type UvsError } from '../common/errors.ts';
import type { CredentialRecord } from './core.ts';

const RETRY_MS = 5_000;

/**
 * Records the certificates that were made before there was a cluster to record them (this coordinator's own, the first admin's), whether it
 * leads or not: what is not recorded can't be withdrawn, and a coordinator may be lost without ever having led.
 */
export class FirstRecords implements Disposable {
  readonly #records: readonly CredentialRecord[];
  readonly #record: (record: CredentialRecord) => Promise<void>;
  readonly #onTrouble: (error: UvsError) => void;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param record enters one that is not on record yet */
  constructor(
    records: readonly CredentialRecord[],
    record: (record: CredentialRecord) => Promise<void>,
    onTrouble: (error: UvsError) => void,
  ) {
    this.#records = records;
    this.#record = record;
    this.#onTrouble = onTrouble;
    void this.#work();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #work(): Promise<void> {
    try {
      for (const record of this.#records) await this.#record(record);
    } catch (error) {
      // disposed of while it worked: nothing is left to do
      if (this.#isOver) return;
      this.#onTrouble(toUvsError(error));
      this.#timer = setTimeout(() => void this.#work(), RETRY_MS);
      this.#timer.unref();
    }
  }
}
