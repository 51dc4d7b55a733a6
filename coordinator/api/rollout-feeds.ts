import { randomBytes } from 'node:crypto';
import { toUvsError, type UvsError } from '../../common/errors.ts';
import type { RolloutsCore } from '../core.ts';
import type { RolloutChange } from '../rollout-view.ts';

/** A change, and the token with which a watcher goes on after it. */
export interface FeedItem {
  readonly change: RolloutChange;
  readonly token: string;
}

/** Has one watcher's snapshot made when its turn has come; what the turn throws ends the watch. */
export type SnapshotTurn = <T>(make: () => Promise<T>) => Promise<T>;

/** Changes that a watcher may be behind before it gets a snapshot instead. */
const MAX_CHANGES = 1024;
/** How long a feed outlives its last watcher, so that a client that reconnects finds its place. */
const LINGER_MS = 30_000;

/**
 * One watch of the core per rollout, shared by all who watch it. Each watcher has a place in the same short list of changes and nothing of
 * its own: one that reads slowly costs no memory, and gets a snapshot when it has fallen too far behind.
 */
export class RolloutFeeds implements Disposable {
  readonly #rollouts: Pick<RolloutsCore, 'watch' | 'get'>;
  readonly #feeds = new Map<string, Feed>();

  constructor(rollouts: Pick<RolloutsCore, 'watch' | 'get'>) {
    this.#rollouts = rollouts;
  }

  /** Snapshot (unless the token still has its place), then changes; ends with the rollout. @throws UvsError of the core's watch */
  async *watch(id: string, resumeToken: string, signal: AbortSignal, snapshots: SnapshotTurn): AsyncGenerator<FeedItem, void, undefined> {
    const feed = this.#feeds.get(id) ?? this.#open(id);
    feed.watchers += 1;
    try {
      yield* feed.read(resumeToken, signal, snapshots);
    } finally {
      feed.watchers -= 1;
      if (feed.watchers === 0) this.#linger(id, feed);
    }
  }

  [Symbol.dispose](): void {
    for (const feed of this.#feeds.values()) feed[Symbol.dispose]();
    this.#feeds.clear();
  }

  #open(id: string): Feed {
    const feed = new Feed(
      (signal) => this.#rollouts.watch(id, signal),
      async () => ({ kind: 'snapshot', rollout: await this.#rollouts.get(id) }),
      () => this.#drop(id, feed),
    );
    this.#feeds.set(id, feed);
    return feed;
  }

  #linger(id: string, feed: Feed): void {
    setTimeout(() => {
      if (feed.watchers > 0) return;
      this.#drop(id, feed);
      feed[Symbol.dispose]();
    }, LINGER_MS).unref();
  }

  #drop(id: string, feed: Feed): void {
    if (this.#feeds.get(id) === feed) this.#feeds.delete(id);
  }
}

class Feed implements Disposable {
  watchers = 0;
  readonly #snapshot: () => Promise<RolloutChange>;
  readonly #stop = new AbortController();
  /** Tells this feed's tokens from those of another coordinator or an earlier feed. */
  readonly #id = randomBytes(6).toString('hex');
  /** The last changes; `#end` is the number of the next one. */
  readonly #changes: RolloutChange[] = [];
  #end = 0;
  #isStarted = false;
  #over: { readonly error: UvsError | undefined } | undefined;
  #news = Promise.withResolvers<void>();

  constructor(watch: (signal: AbortSignal) => AsyncIterable<RolloutChange>, snapshot: () => Promise<RolloutChange>, onOver: () => void) {
    this.#snapshot = snapshot;
    void this.#follow(watch, onOver);
  }

  async *read(resumeToken: string, signal: AbortSignal, snapshots: SnapshotTurn): AsyncGenerator<FeedItem, void, undefined> {
    const interrupted = Promise.withResolvers<void>();
    const wake = (): void => interrupted.resolve();
    signal.addEventListener('abort', wake, { once: true });
    try {
      let next = this.#placeOf(resumeToken);
      while (!signal.aborted) {
        const change = next === undefined ? undefined : this.#changes[next - this.#first()];
        if (next !== undefined && change !== undefined) {
          next += 1;
          yield { change, token: this.#token(next) };
        } else if (this.#over?.error !== undefined) {
          throw this.#over.error;
        } else if ((next === undefined || next < this.#first()) && this.#isStarted) {
          // The place is taken before the snapshot: what happens meanwhile is sent again, which does no harm.
          next = this.#end;
          yield { change: await snapshots(this.#snapshot), token: this.#token(next) };
        } else if (this.#over !== undefined) {
          return;
        } else {
          await Promise.race([this.#news.promise, interrupted.promise]);
        }
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  async #follow(watch: (signal: AbortSignal) => AsyncIterable<RolloutChange>, onOver: () => void): Promise<void> {
    let error: UvsError | undefined;
    try {
      for await (const change of watch(this.#stop.signal)) {
        this.#isStarted = true;
        if (change.kind !== 'snapshot' || this.#end > 0) this.#add(change);
        else this.#wake();
      }
    } catch (thrown) {
      if (!this.#stop.signal.aborted) error = toUvsError(thrown);
    }
    this.#over = { error };
    onOver();
    this.#wake();
  }

  #add(change: RolloutChange): void {
    this.#changes.push(change);
    this.#end += 1;
    if (this.#changes.length > MAX_CHANGES) this.#changes.shift();
    this.#wake();
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  #first(): number {
    return this.#end - this.#changes.length;
  }

  #token(next: number): string {
    return `${this.#id}.${next}`;
  }

  #placeOf(token: string): number | undefined {
    const [, id, place] = /^([0-9a-f]{12})\.([0-9]{1,12})$/.exec(token) ?? [];
    if (id !== this.#id || place === undefined) return undefined;
    const next = Number(place);
    return next >= this.#first() && next <= this.#end ? next : undefined;
  }
}
