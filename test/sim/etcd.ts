import { UvsError } from '../../common/errors.ts';
import type { Change, Compare, Etcd, Page, RangeQuery, TxnResult, WatchListener } from '../../coordinator/etcd/port.ts';
import type { Network } from './network.ts';
import type { Prng } from './prng.ts';
import { Store, type Commit } from './store.ts';
import type { Process, Timeline } from './timeline.ts';

/** What the real adapter waits for an answer. */
const CALL_MS = 2_000;
const PLACE = 'etcd';

interface Watcher {
  readonly prefix: string;
  readonly process: Process;
  readonly listener: WatchListener;
  nextRevision: number;
  lastMs: number;
  isOver: boolean;
}

/** The etcd of a simulated cluster: what it holds, who watches it, and how its calls fail. */
export class SimulatedEtcd {
  readonly #timeline: Timeline;
  readonly #network: Network;
  readonly #prng: Prng;
  readonly #store: Store;
  readonly #watchers = new Set<Watcher>();
  readonly #onCommit: (by: string, commit: Commit) => void;
  #downUntilMs = 0;
  /** Share of calls whose answer is lost, or that are. */
  lossy = 0;

  constructor(timeline: Timeline, network: Network, prng: Prng, onCommit: (by: string, commit: Commit) => void) {
    this.#timeline = timeline;
    this.#network = network;
    this.#prng = prng;
    this.#onCommit = onCommit;
    this.#store = new Store(
      () => timeline.nowMs,
      () => this.#wakeWatchers(),
    );
    this.#endLeases();
  }

  /** What it holds, past all that may go wrong. */
  get store(): Store {
    return this.#store;
  }

  get isDown(): boolean {
    return this.#downUntilMs > this.#timeline.nowMs;
  }

  /** It has no majority for a while. */
  stop(forMs: number): void {
    this.#downUntilMs = this.#timeline.nowMs + forMs;
  }

  /** For a while nobody leads its members; whoever does then can't know how long ago a lease was renewed, and gives each its full time. */
  elect(forMs: number): void {
    this.#downUntilMs = Math.max(this.#downUntilMs, this.#timeline.nowMs + forMs);
    this.#store.renewLeases(this.#downUntilMs);
  }

  start(): void {
    this.#downUntilMs = 0;
  }

  endLeaseEarly(): void {
    const { leases } = this.#store;
    if (leases.length > 0) this.#store.revoke(this.#prng.pick(leases));
  }

  /** Old versions go; watchers that lag behind lose their place. */
  compact(): void {
    this.#store.compact();
  }

  /** Off for a while, with all connections broken; then as it was when the backup was taken, perhaps with a higher revision than ever. */
  restore(backup: () => void, forMs: number, isBumped: boolean): void {
    this.stop(forMs);
    this.endWatches();
    backup();
    if (isBumped) this.#store.bump();
    this.#store.renewLeases(this.#timeline.nowMs + forMs);
  }

  /** Connections break: whoever watches has to begin anew. */
  endWatches(): void {
    for (const watcher of this.#watchers) this.#endWatch(watcher, 'the watch was cancelled');
  }

  /** The line of one coordinator to it. */
  connect(process: Process, place: string): Etcd {
    return {
      get: (key) => this.#call(process, place, () => this.#store.get(key)),
      range: (prefix, query: RangeQuery) => this.#call<Page>(process, place, () => this.#store.range(prefix, query)),
      txn: (compares, changes) => this.#call<TxnResult>(process, place, () => this.#txn(place, compares, changes)),
      leaseGrant: (ttlSeconds) =>
        this.#call(process, place, () => ({ id: this.#store.grant(ttlSeconds, this.#timeline.nowMs), ttlSeconds })),
      leaseKeepAlive: (id) => this.#call(process, place, () => this.#store.keepAlive(id, this.#timeline.nowMs)),
      leaseRevoke: (id) => this.#call(process, place, () => this.#store.revoke(id)),
      leaseTimeToLive: (id) => this.#call(process, place, () => this.#store.timeToLive(id, this.#timeline.nowMs)),
      watch: (prefix, revision, listener) => this.#watch(process, place, prefix, revision, listener),
    };
  }

  #txn(by: string, compares: readonly Compare[], changes: readonly Change[]): TxnResult {
    return this.#store.txn(compares, changes, (commit) => this.#onCommit(by, commit));
  }

  /** One call: its request may come late or never, or twice; so may its answer; the caller waits for 2 s and never learns which it was. */
  #call<T>(process: Process, place: string, work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const deadline = this.#timeline.after(CALL_MS, process, () => reject(unknown('no answer came in time')));
    const isReachable = (): boolean => !this.isDown && !this.#network.isCut(place, PLACE);
    const answer = (settle: () => void): void => {
      if (!isReachable() || this.#prng.chance(this.lossy)) return;
      this.#timeline.after(this.#network.latencyMs(place, PLACE), process, () => {
        deadline[Symbol.dispose]();
        settle();
      });
    };
    const arrive = (): void => {
      try {
        const result = work();
        answer(() => resolve(result));
      } catch (error) {
        answer(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
    };
    const send = (delayMs: number, isLast: boolean): void => {
      this.#timeline.after(delayMs, undefined, () => {
        if (isReachable()) arrive();
        else if (!isLast && this.#network.comesLate()) send(this.#network.lateMs(), true);
      });
    };
    const isLost = this.#prng.chance(this.lossy);
    if (!isLost) send(this.#network.latencyMs(place, PLACE), false);
    else if (this.#network.comesLate()) send(this.#network.lateMs(), true);
    if (this.#prng.chance(this.lossy / 4)) send(this.#network.lateMs(), true);
    return promise;
  }

  #watch(process: Process, place: string, prefix: string, revision: number, listener: WatchListener): Disposable {
    const watcher: Watcher = { prefix, process, listener, nextRevision: revision, lastMs: 0, isOver: false };
    if (this.isDown || this.#network.isCut(place, PLACE)) {
      this.#timeline.after(CALL_MS, process, () => this.#endWatch(watcher, 'it could not be reached'));
    } else {
      this.#watchers.add(watcher);
      this.#deliver(watcher, place);
    }
    return {
      [Symbol.dispose]: () => {
        watcher.isOver = true;
        this.#watchers.delete(watcher);
      },
    };
  }

  #wakeWatchers(): void {
    for (const watcher of this.#watchers) this.#deliver(watcher, watcher.process.name);
  }

  /** Brings what is new; one that is cut off hears nothing, and nothing tells it so. */
  #deliver(watcher: Watcher, place: string): void {
    const atMs = Math.max(watcher.lastMs, this.#timeline.nowMs + this.#network.latencyMs(place, PLACE));
    watcher.lastMs = atMs;
    this.#timeline.after(atMs - this.#timeline.nowMs, watcher.process, () => {
      if (watcher.isOver || this.isDown || this.#network.isCut(place, PLACE)) return;
      const events = this.#store.since(watcher.prefix, watcher.nextRevision);
      if (events === undefined) return this.#endWatch(watcher, 'its revision has been compacted');
      watcher.nextRevision = this.#store.revision + 1;
      if (events.length > 0) watcher.listener.events(events);
    });
  }

  #endWatch(watcher: Watcher, why: string): void {
    this.#watchers.delete(watcher);
    if (watcher.isOver || watcher.process.isDead) return;
    watcher.isOver = true;
    this.#timeline.after(1, watcher.process, () => watcher.listener.ended(unknown(why)));
  }

  /** Once a second etcd looks which leases are over, while it has a majority. */
  #endLeases(): void {
    if (!this.isDown) for (const id of this.#store.overdue(this.#timeline.nowMs)) this.#store.revoke(id);
    this.#timeline.after(this.#prng.between(300, 1_000), undefined, () => this.#endLeases());
  }
}

function unknown(what: string): UvsError {
  return new UvsError('ETCD_UNAVAILABLE', `etcd: ${what}`, { details: { outcome: 'unknown' } });
}
