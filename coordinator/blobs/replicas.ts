import { setTimeout as sleep } from 'node:timers/promises';
import { toUvsError, UvsError } from '../../common/errors.ts';
import type { Core } from '../core.ts';
import type { Member, PackageRecord } from '../domain.ts';
import type { Clock } from '../ports.ts';
import { Copies } from './copies.ts';
import { copyLimitMs } from './copy-limit.ts';
import type { PeerClient } from './peer-client.ts';
import type { BlobStore } from './store.ts';

export interface ReplicasOptions {
  readonly ownId: string;
  readonly ownHttpsAddress: string;
  readonly core: {
    readonly packages: Pick<Core['packages'], 'listing' | 'watch' | 'addHolder'>;
    readonly cluster: { describe(): Promise<{ readonly members: readonly Member[] }> };
  };
  readonly store: BlobStore;
  readonly peers: Pick<PeerClient, 'replicate' | 'read'>;
  /** How fast any coordinator sends packages, in all; undefined: as fast as it can. */
  readonly servedBytesPerSecond: number | undefined;
  /** How long to wait before trying again what failed. */
  readonly retryMs: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly onTrouble: (what: string, error: UvsError) => void;
}

/** Keeps the bytes of all packages on every coordinator: what is listed is fetched, what was listed and is no more is removed, and so is what never comes to be. */
export class Replicas implements AsyncDisposable {
  readonly #options: ReplicasOptions;
  readonly #stop = new AbortController();
  readonly #copies: Copies;
  readonly #fetching = new Map<string, Promise<void>>();
  /** As last told. */
  #wanted: ReadonlyMap<string, PackageRecord> | undefined;
  #wake = Promise.withResolvers<void>();
  readonly #loop: Promise<void>;
  readonly #watch: Disposable;

  constructor(options: ReplicasOptions) {
    this.#options = options;
    this.#copies = new Copies(options.store.digests, options.clock);
    this.#watch = options.core.packages.watch((packages, revision) => {
      this.#wanted = new Map(packages.map((record) => [record.digest, record]));
      this.#copies.listed(new Set(this.#wanted.keys()), revision);
      this.#wake.resolve();
    });
    this.#loop = this.#run();
  }

  /** Does what counts on a copy, or brings one: it is not removed meanwhile, nor afterwards by what was listed before. @throws UvsError ETCD_UNAVAILABLE */
  async hold<T>(digest: string, act: () => Promise<T>): Promise<T> {
    const { core, store } = this.#options;
    try {
      using use = this.#copies.use(digest);
      use.begins(await core.packages.listing(digest));
      try {
        return await act();
      } finally {
        // another may have listed and removed it meanwhile
        await core.packages.listing(digest).then(
          (listing) => this.#copies.read(digest, listing),
          () => this.#copies.keep(digest),
        );
      }
    } finally {
      if (store.sizeOf(digest) === undefined) this.#copies.forget(digest);
      this.#wake.resolve();
    }
  }

  /** Waits for a copy that is just being fetched, whatever comes of it. */
  async fetched(digest: string): Promise<void> {
    await this.#fetching.get(digest)?.catch(() => undefined);
  }

  /** Has a majority of the coordinators take a package that this one holds. @returns who holds it. @throws UvsError NO_MAJORITY naming who is missing */
  async spread(digest: string, sizeBytes: number, signal: AbortSignal): Promise<readonly string[]> {
    const { core, ownId, ownHttpsAddress, peers } = this.#options;
    const { members } = await core.cluster.describe();
    const needed = Math.floor(members.length / 2) + 1;
    const holders = [ownId];
    const missing: string[] = [];
    const enough = Promise.withResolvers<void>();
    const all = members
      .filter((member) => member.id !== ownId)
      .map(async (member) => {
        try {
          await peers.replicate(member, { digest, sizeBytes, from: ownHttpsAddress }, this.#limited(sizeBytes, signal));
          holders.push(member.id);
          if (holders.length >= needed) enough.resolve();
        } catch (error) {
          missing.push(`${member.id} (${toUvsError(error).message})`);
        }
      });
    if (holders.length < needed) await Promise.race([enough.promise, Promise.all(all)]);
    if (holders.length >= needed) return [...holders];
    throw new UvsError(
      'NO_MAJORITY',
      `${holders.length} of ${members.length} coordinators hold the package, ${needed} must; missing: ${missing.join('; ')}`,
      {
        hint: 'Start the missing coordinators and send the upload again; its bytes are kept.',
        details: { holders: holders.join(','), needed: String(needed) },
      },
    );
  }

  /** Gets a package from another coordinator, which must be a member. @throws UvsError PERMISSION_DENIED, UNREACHABLE, NO_SPACE, PACKAGE_CORRUPT */
  async fetchFrom(address: string, digest: string, sizeBytes: number, signal: AbortSignal): Promise<void> {
    const { members } = await this.#options.core.cluster.describe();
    if (!members.some((member) => member.httpsAddress === address)) {
      throw new UvsError('PERMISSION_DENIED', `${address} is no coordinator of this cluster`);
    }
    // whoever asks counts this copy as one of a majority, and lists the package only then
    await this.hold(digest, () => this.#fetch(address, digest, sizeBytes, signal));
  }

  /** Removes copies that are listed nowhere and that nobody has counted on for so long, and for as long as an upload may wait for slower coordinators. */
  async expire(idleMs: number): Promise<void> {
    const { core, store, servedBytesPerSecond } = this.#options;
    for (const digest of this.#copies.digests) {
      const sizeBytes = store.sizeOf(digest);
      if (sizeBytes === undefined) continue;
      const isUnused = (): boolean => this.#copies.isUnused(digest, idleMs + copyLimitMs(sizeBytes, servedBytesPerSecond));
      if (!isUnused()) continue;
      await this.#attempt(`removing ${digest}, which is listed nowhere`, async () => {
        // it may be listed, and this coordinator may not have heard of it
        this.#copies.read(digest, await core.packages.listing(digest));
        if (!isUnused()) return;
        await store.remove(digest);
        this.#copies.forget(digest);
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
    this.#stop.abort(new UvsError('CANCELLED', 'the coordinator stops'));
    this.#wake.resolve();
    await this.#loop;
    await Promise.allSettled(this.#fetching.values());
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const woken = this.#wake.promise;
      const isSettled = this.#wanted === undefined || (await this.#round(this.#wanted, signal));
      await (isSettled ? woken : Promise.race([woken, sleep(this.#options.retryMs, undefined, { signal }).catch(() => undefined)]));
      this.#wake = Promise.withResolvers<void>();
    }
  }

  /** @returns whether nothing is left to be tried again */
  async #round(wanted: ReadonlyMap<string, PackageRecord>, signal: AbortSignal): Promise<boolean> {
    const { store, ownId } = this.#options;
    let isSettled = await this.#removeLeftOver();
    const members = wanted.size === 0 ? [] : await this.#members();
    for (const record of wanted.values()) {
      if (signal.aborted) return true;
      if (!this.#isWanted(record) || store.sizeOf(record.digest) !== undefined) continue;
      isSettled = (await this.#fetchFromAny(record, members, signal)) && isSettled;
    }
    for (const record of wanted.values()) {
      if (signal.aborted) return true;
      if (!this.#isWanted(record) || store.sizeOf(record.digest) === undefined || record.holders.includes(ownId)) continue;
      const isTold = await this.#attempt(`telling that ${record.digest} is here`, () => this.#tell(record.digest));
      isSettled = isTold && isSettled;
    }
    return isSettled;
  }

  /** A round takes as long as its copies: whether a package is still listed is asked before each act. */
  #isWanted({ digest }: PackageRecord): boolean {
    return this.#wanted?.has(digest) === true;
  }

  async #removeLeftOver(): Promise<boolean> {
    const { store } = this.#options;
    let isSettled = true;
    for (const digest of this.#copies.digests) {
      if (!this.#copies.isLeftOver(digest)) continue;
      // nothing may come between the question and this, which takes it out of the store at once
      const isRemoved = await this.#attempt(`removing ${digest}`, () => store.remove(digest));
      if (isRemoved && store.sizeOf(digest) === undefined) this.#copies.forget(digest);
      isSettled = isRemoved && isSettled;
    }
    return isSettled;
  }

  async #tell(digest: string): Promise<void> {
    const { core, ownId } = this.#options;
    await core.packages.addHolder(digest, ownId);
    // it may be another upload's entry than the one of the list: no older list decides any more
    this.#copies.read(digest, await core.packages.listing(digest));
  }

  async #members(): Promise<readonly Member[]> {
    try {
      return (await this.#options.core.cluster.describe()).members;
    } catch (error) {
      this.#options.onTrouble('reading the members', toUvsError(error));
      return [];
    }
  }

  async #fetchFromAny(record: PackageRecord, members: readonly Member[], signal: AbortSignal): Promise<boolean> {
    const holders = members.filter((member) => member.id !== this.#options.ownId && record.holders.includes(member.id));
    for (const holder of holders) {
      const fetch = (): Promise<void> => this.#fetch(holder.httpsAddress, record.digest, record.sizeBytes, signal);
      if (await this.#attempt(`fetching ${record.digest} from ${holder.id}`, fetch)) return true;
    }
    return false;
  }

  /** One fetch per digest at a time; who comes second waits for the first. */
  async #fetch(address: string, digest: string, sizeBytes: number, signal: AbortSignal): Promise<void> {
    const { store, peers } = this.#options;
    if (store.sizeOf(digest) === sizeBytes) return;
    const running = this.#fetching.get(digest);
    if (running !== undefined) return await running;
    const fetch = async (): Promise<void> => {
      const start = store.receivedOf(digest);
      const limited = this.#limited(sizeBytes, AbortSignal.any([signal, this.#stop.signal]));
      const isWhole = await store.receive(
        { digest, sizeBytes, start, by: undefined },
        peers.read(address, digest, start, limited),
        async () => undefined,
      );
      if (!isWhole) throw new UvsError('UNREACHABLE', `${address} sent only ${store.receivedOf(digest)} of ${sizeBytes} bytes`);
    };
    const promise = fetch().finally(() => this.#fetching.delete(digest));
    this.#fetching.set(digest, promise);
    await promise;
  }

  #limited(sizeBytes: number, signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, AbortSignal.timeout(copyLimitMs(sizeBytes, this.#options.servedBytesPerSecond))]);
  }

  async #attempt(what: string, act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#options.onTrouble(what, toUvsError(error));
      return false;
    }
  }
}
