import { Etcd3 } from 'etcd3';
import type { EtcdMember, EtcdMembership, MemberPlace } from '../gates/etcd/members.ts';
import { etcd3Options, type EtcdClientOptions } from './client.ts';
import { etcdFailure, isWorthAnotherEndpoint } from './failure.ts';

/** Tells the machine of a member by its name and URLs. */
export interface Places {
  of(name: string, urls: readonly string[]): Promise<MemberPlace>;
}

/**
 * Asks every member of the cluster by itself, at the addresses that it advertises: it must answer a linearizable read, know a leader, and
 * report no error. Members that were never started, or only learn, are not healthy.
 */
export class EtcdMembers implements EtcdMembership, Disposable {
  readonly #options: EtcdClientOptions;
  readonly #places: Places;
  readonly #all: Etcd3;
  readonly #single = new Map<string, Etcd3>();

  constructor(options: EtcdClientOptions, places: Places) {
    this.#options = options;
    this.#places = places;
    this.#all = new Etcd3(etcd3Options(options));
  }

  /** @throws ETCD_UNAVAILABLE where not even the list of members can be had */
  async members(signal: AbortSignal): Promise<readonly EtcdMember[]> {
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(etcdFailure('asking for its members', signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return await Promise.race([this.#members(), aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  [Symbol.dispose](): void {
    this.#all.close();
    for (const client of this.#single.values()) client.close();
  }

  async #members(): Promise<readonly EtcdMember[]> {
    const list = await this.#list();
    return Promise.all(
      list.members.map(async (member): Promise<EtcdMember> => {
        const name = member.name === '' ? member.ID : member.name;
        const [message, place] = await Promise.all([
          member.isLearner ? 'is a learner' : this.#ailment(member.clientURLs),
          this.#places.of(member.name, [...member.clientURLs, ...member.peerURLs]),
        ]);
        return { name, isLearner: member.isLearner, isHealthy: message === '', message, place };
      }),
    );
  }

  /** One member of three that is down must not make it seem that none can be asked. */
  async #list(): Promise<Awaited<ReturnType<Etcd3['cluster']['memberList']>>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#all.cluster.memberList({});
      } catch (error) {
        if (attempt >= Math.max(2, this.#options.endpoints.length) || !isWorthAnotherEndpoint(error))
          throw etcdFailure('asking for its members', error);
      }
    }
  }

  /** @returns what is wrong with the member; empty where nothing is. */
  async #ailment(urls: readonly string[]): Promise<string> {
    const [first] = urls;
    if (first === undefined) return 'was never started';
    try {
      const client = this.#clientOf(urls);
      // a linearizable read: it must be in touch with the quorum
      await client.kv.range({ key: Buffer.from('health'), limit: 1, keys_only: true });
      const status = await client.maintenance.status();
      if (status.leader === '0') return 'knows no leader';
      return status.errors?.length > 0 ? status.errors.join(', ') : '';
    } catch (error) {
      return `does not answer at ${first}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #clientOf(urls: readonly string[]): Etcd3 {
    const key = urls.join(' ');
    let client = this.#single.get(key);
    if (client === undefined) {
      client = new Etcd3(etcd3Options({ ...this.#options, endpoints: urls }));
      this.#single.set(key, client);
    }
    return client;
  }
}
