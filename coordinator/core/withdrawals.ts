import { UvsError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { inDiskTime } from './in-disk-time.ts';

/** Certificates that are no longer good; the counter tells a newer list from an older one. */
export interface WithdrawalList {
  readonly counter: number;
  /** sha256, hex. */
  readonly fingerprints: ReadonlySet<string>;
}

/** Where a coordinator keeps the list; on its own disk, because an etcd that was put back has forgotten what was withdrawn since. */
export interface WithdrawalStore {
  read(): Promise<WithdrawalList | undefined>;
  write(list: WithdrawalList): Promise<void>;
}

/** All that this coordinator ever heard withdrawn: whatever etcd says later, a certificate that was withdrawn once stays so. */
export class Withdrawals {
  readonly #store: WithdrawalStore;
  readonly #log: Logger;
  #list: WithdrawalList;
  #stored: WithdrawalList;
  #writing: Promise<void> = Promise.resolve();

  private constructor(store: WithdrawalStore, list: WithdrawalList, log: Logger) {
    this.#store = store;
    this.#list = list;
    this.#stored = list;
    this.#log = log;
  }

  static async open(store: WithdrawalStore, log: Logger): Promise<Withdrawals> {
    return new Withdrawals(store, (await store.read()) ?? { counter: 0, fingerprints: new Set() }, log);
  }

  get list(): WithdrawalList {
    return this.#list;
  }

  /** Adds what a list holds; counts at once, and is on the disk soon. Returns whether anything was new. */
  take({ counter, fingerprints }: WithdrawalList): boolean {
    const isNew = counter > this.#list.counter || [...fingerprints].some((one) => !this.#list.fingerprints.has(one));
    if (!isNew) return false;
    this.#list = { counter: Math.max(counter, this.#list.counter), fingerprints: new Set([...this.#list.fingerprints, ...fingerprints]) };
    this.#writing = this.#write(this.#writing);
    return true;
  }

  /** Resolves once what was taken is on the disk, which is tried once more where it was not. @throws DISK_FAILED */
  async demandWritten(): Promise<void> {
    const wanted = this.#list.fingerprints;
    const isStored = (): boolean => this.#stored.fingerprints.size >= wanted.size;
    await inDiskTime(this.#writing);
    if (isStored()) return;
    this.#writing = this.#write(this.#writing);
    await inDiskTime(this.#writing);
    if (isStored()) return;
    throw new UvsError('DISK_FAILED', 'the certificate is withdrawn, but this coordinator could not keep that on its disk', {
      hint: 'See to its disk (df, dmesg), then withdraw it again: an etcd that is put back forgets it.',
    });
  }

  async #write(before: Promise<void>): Promise<void> {
    await before;
    const list = this.#list;
    try {
      await this.#store.write(list);
      this.#stored = list;
    } catch (err) {
      this.#log.error({ err }, 'the list of withdrawn certificates could not be written: after a restart it is what etcd says');
    }
  }
}
