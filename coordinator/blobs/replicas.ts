import { setTimeout as sleep } from 'node:timers/promises';
import { toUvsError, UvsError } from '../../common/errors.ts';
import type { Core } from '../core.ts';
import type { Member, PackageRecord } from '../domain.ts';
import { copyLimitMs } from './copy-limit.ts';
import type { PeerClient } from './peer-client.ts';
import type { BlobStore } from './store.ts';

export interface ReplicasOptions {
  readonly ownId: string;
  readonly ownHttpsAddress: string;
  readonly core: Pick<Core, 'packages' | 'cluster'>;
  readonly store: BlobStore;
  readonly peers: PeerClient;
  /** How fast any coordinator sends packages, in all; undefined: as fast as it can. */
  readonly servedBytesPerSecond: number | undefined;
  /** How long to wait before trying again what failed. */
  readonly retryMs: number;
  readonly onTrouble: (what: string, error: UvsError) => void;
}

/** Keeps the bytes of all packages on every coordinator: what is listed is fetched, what was listed and is no more is removed. */
export class Replicas implements AsyncDisposable {
  readonly #options: ReplicasOptions;
  readonly #stop = new AbortController();
  /** Digests that were listed, or lay here at the start: only they may be removed, never what is just being uploaded. */
  readonly #known: Set<string>;
  readonly #fetching = new Map<string, Promise<void>>();
  #wanted: readonly PackageRecord[] | undefined;
  #wake = Promise.withResolvers<void>();
  readonly #loop: Promise<void>;
  readonly #watch: Disposable;

  constructor(options: ReplicasOptions) {
    this.#options = options;
    this.#known = new Set(options.store.digests);
    this.#watch = options.core.packages.watch((packages) => {
      this.#wanted = packages;
      this.#wake.resolve();
    });
    this.#loop = this.#run();
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
    await this.#fetch(address, digest, sizeBytes, signal);
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
  async #round(wanted: readonly PackageRecord[], signal: AbortSignal): Promise<boolean> {
    const { store, core, ownId } = this.#options;
    const listed = new Set(wanted.map((record) => record.digest));
    let isSettled = true;
    for (const digest of this.#known) {
      if (listed.has(digest)) continue;
      await this.#attempt(`removing ${digest}`, () => store.remove(digest));
      this.#known.delete(digest);
    }
    const members = wanted.length === 0 ? [] : await this.#members();
    for (const record of wanted) {
      if (signal.aborted) return true;
      this.#known.add(record.digest);
      if (store.sizeOf(record.digest) === undefined) isSettled = (await this.#fetchFromAny(record, members, signal)) && isSettled;
    }
    for (const record of wanted) {
      if (signal.aborted) return true;
      if (store.sizeOf(record.digest) === undefined || record.holders.includes(ownId)) continue;
      const isTold = await this.#attempt(`telling that ${record.digest} is here`, () => core.packages.addHolder(record.digest, ownId));
      isSettled = isTold && isSettled;
    }
    return isSettled;
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
      const isWhole = await store.receive({ digest, sizeBytes, start }, peers.read(address, digest, start, limited), async () => undefined);
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
