import type { Logger } from '../../common/log.ts';
import { toUvsError } from '../../common/errors.ts';
import { HeldLease } from '../etcd/held-lease.ts';
import type { Etcd } from '../etcd/port.ts';
import { RelistingWatch } from '../etcd/relisting-watch.ts';
import type { Clock } from '../ports.ts';
import { keys, lastPart } from '../state/keys.ts';
import { pause } from '../state/pause.ts';

export interface PresenceOptions {
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly memberId: string;
  /** Of the machine on which this coordinator runs. */
  readonly nodeName: string;
  readonly ttlSeconds: number;
  /** Enters this coordinator among the members where it is not there, e.g. because it was removed while it was cut off. */
  readonly register: () => Promise<void>;
  readonly log: Logger;
}

/** Pause after a try to enter that failed. */
const RETRY_MS = 1_000;
/** Follows the host name of one that can't lead as it should: its disk keeps nothing, or it could not begin a term. */
const UNFIT = ' unfit';

/**
 * Shows that this coordinator runs, by a key on a lease of its own, and remembers when it saw those of others go. The list of members is
 * durable and says who belongs to the cluster; this says who is there. For showing, and for who may be removed; it elects nobody.
 */
export class Presence implements AsyncDisposable {
  readonly #options: PresenceOptions;
  readonly #watch: RelistingWatch;
  readonly #stop = new AbortController();
  readonly #goneAt = new Map<string, number>();
  readonly #machines = new Map<string, string>();
  #present: ReadonlyMap<string, string> = new Map();
  #lease: HeldLease | undefined;
  #isFit = true;
  #staying: Promise<void> = Promise.resolve();

  constructor(options: PresenceOptions) {
    this.#options = options;
    const { etcd, log } = options;
    this.#watch = new RelistingWatch(
      etcd,
      keys.presences,
      ({ entries }) => this.#see(new Map([...entries].map(([key, { value }]) => [lastPart(key), value]))),
      (err) => log.warn({ err }, 'etcd could not be watched'),
    );
  }

  /** When this coordinator saw that one go, by the wall clock; undefined where it did not. */
  downSince(id: string): number | undefined {
    return this.#goneAt.get(id);
  }

  /** Host names of the machines on which coordinators run, or ran when they were last seen, by their ids. */
  get machines(): ReadonlyMap<string, string> {
    return this.#machines;
  }

  /** Whether one runs that can't lead as it should. */
  isUnfit(id: string): boolean {
    return this.#present.get(id)?.endsWith(UNFIT) === true;
  }

  /** Whether another coordinator runs at this moment that could lead. */
  get canOtherLead(): boolean {
    return [...this.#present.keys()].some((id) => id !== this.#options.memberId && !this.isUnfit(id));
  }

  /** Shows whether this coordinator could lead as it should. */
  showFit(isFit: boolean): void {
    if (this.#isFit === isFit) return;
    this.#isFit = isFit;
    const lease = this.#lease;
    if (lease?.isHeld() !== true) return;
    // where it fails the lease is given back, and entering anew shows it
    this.#show(lease).catch(() => lease.release().catch(() => undefined));
  }

  /** Enters, and from then on enters again whenever the lease is lost. @throws ETCD_UNAVAILABLE where the first time fails */
  async start(): Promise<void> {
    const lease = await this.#enter();
    this.#staying = this.#stay(lease);
  }

  /** Leaves at once, so that nobody takes a stop for a failure that is seen late. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#staying;
    this.#watch[Symbol.dispose]();
  }

  /** @param present what each shows, by its id; one of an earlier version does not tell its machine's host name */
  #see(present: ReadonlyMap<string, string>): void {
    for (const [id, value] of present) {
      const nodeName = value.replace(UNFIT, '');
      if (nodeName !== '') this.#machines.set(id, nodeName);
    }
    const nowMs = this.#options.clock.wallMs();
    for (const id of this.#present.keys()) if (!present.has(id)) this.#goneAt.set(id, nowMs);
    for (const id of present.keys()) this.#goneAt.delete(id);
    this.#present = present;
  }

  async #show(lease: HeldLease): Promise<void> {
    const { etcd, memberId, nodeName } = this.#options;
    const value = `${nodeName}${this.#isFit ? '' : UNFIT}`;
    await etcd.txn([], [{ do: 'put', key: keys.presence(memberId), value, lease: lease.id }]);
  }

  async #enter(): Promise<HeldLease> {
    const { clock, etcd, register, ttlSeconds } = this.#options;
    const lease = await HeldLease.acquire(etcd, clock, ttlSeconds);
    try {
      this.#lease = lease;
      await this.#show(lease);
      // after the key, so that whoever removes members either sees it or is overruled here
      await register();
      return lease;
    } catch (error) {
      await lease.release().catch(() => undefined);
      throw error;
    }
  }

  async #stay(first: HeldLease): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#stop;
    for (let lease: HeldLease | undefined = first; ; lease = await this.#enter().catch(failed)) {
      if (lease !== undefined) {
        await eitherAborts(lease.signal, signal);
        await lease.release().catch(() => undefined);
      }
      if (signal.aborted) return;
      if (lease === undefined) await pause(RETRY_MS, signal);
    }
    function failed(error: unknown): undefined {
      if (!signal.aborted) log.warn({ err: toUvsError(error) }, 'it could not be shown in etcd that this coordinator runs');
      return undefined;
    }
  }
}

async function eitherAborts(...signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  if (any.aborted) return;
  await new Promise<void>((resolve) => any.addEventListener('abort', () => resolve(), { once: true }));
}
