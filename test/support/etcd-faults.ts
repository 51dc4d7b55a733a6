import { UvsError } from '../../common/errors.ts';
import type { Change, Compare, Etcd, KeyValue, Page, RangeQuery, TxnResult, WatchListener } from '../../coordinator/etcd/port.ts';

/** An etcd with faults on demand and a count of the calls. */
export class EtcdWithFaults implements Etcd {
  readonly counts = { get: 0, range: 0, txn: 0, lease: 0 };
  /** Called with each transaction; what it returns is done with it. */
  onTxn: (changes: readonly Change[]) => 'pass' | 'lose-answer' | 'lose-request' | 'delay' = () => 'pass';
  /** Called before each reading of one key, which waits for it. */
  onGet: (key: string) => Promise<void> | void = () => undefined;
  /** Called before each listing. */
  onRange: (prefix: string) => void = () => undefined;
  /** Renewals are swallowed while this is true. */
  isKeepAliveBlocked = false;
  readonly #etcd: Etcd;
  readonly #delayed: (() => Promise<TxnResult>)[] = [];
  #isDead = false;

  constructor(etcd: Etcd) {
    this.#etcd = etcd;
  }

  /** From now on nothing reaches etcd, as if the process had been killed. */
  die(): void {
    this.#isDead = true;
  }

  /** Sends what was held back by "delay", late. */
  async sendDelayed(): Promise<TxnResult[]> {
    const results: TxnResult[] = [];
    for (const send of this.#delayed.splice(0)) results.push(await send());
    return results;
  }

  async get(key: string): Promise<KeyValue | undefined> {
    this.#live();
    this.counts.get += 1;
    await this.onGet(key);
    return this.#etcd.get(key);
  }

  async range(prefix: string, query: RangeQuery): Promise<Page> {
    this.#live();
    this.counts.range += 1;
    this.onRange(prefix);
    return this.#etcd.range(prefix, query);
  }

  async txn(compares: readonly Compare[], changes: readonly Change[]): Promise<TxnResult> {
    this.#live();
    this.counts.txn += 1;
    switch (this.onTxn(changes)) {
      case 'pass':
        return this.#etcd.txn(compares, changes);
      case 'lose-answer':
        await this.#etcd.txn(compares, changes);
        throw unknownOutcome();
      case 'lose-request':
        throw unknownOutcome();
      case 'delay':
        this.#delayed.push(() => this.#etcd.txn(compares, changes));
        throw unknownOutcome();
    }
  }

  async leaseGrant(ttlSeconds: number): Promise<{ id: string; ttlSeconds: number }> {
    this.#live();
    this.counts.lease += 1;
    return this.#etcd.leaseGrant(ttlSeconds);
  }

  async leaseKeepAlive(id: string): Promise<number> {
    this.#live();
    if (this.isKeepAliveBlocked) throw unknownOutcome();
    return this.#etcd.leaseKeepAlive(id);
  }

  async leaseRevoke(id: string): Promise<void> {
    this.#live();
    return this.#etcd.leaseRevoke(id);
  }

  async leaseTimeToLive(id: string): Promise<number> {
    this.#live();
    return this.#etcd.leaseTimeToLive(id);
  }

  watch(prefix: string, revision: number, listener: WatchListener): Disposable {
    return this.#etcd.watch(prefix, revision, {
      events: (events) => {
        if (!this.#isDead) listener.events(events);
      },
      ended: (error) => {
        if (!this.#isDead) listener.ended(error);
      },
    });
  }

  #live(): void {
    if (this.#isDead) throw unknownOutcome();
  }
}

function unknownOutcome(): UvsError {
  return new UvsError('ETCD_UNAVAILABLE', 'the answer was lost', { details: { outcome: 'unknown' } });
}
