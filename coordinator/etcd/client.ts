import type { ICompare, IOptions, IRequestOp } from 'etcd3';
import { Etcd3, Range } from 'etcd3';
import { etcdFailure, isWorthAnotherEndpoint } from './failure.ts';
import { callOnce, HostPolicies } from './host-policy.ts';
import { keepAliveOnce } from './keep-alive.ts';
import { toKeyValue } from './key-value.ts';
import type { Change, Compare, Etcd, KeyValue, Page, RangeQuery, TxnResult, WatchListener } from './port.ts';
import { watchStream } from './watch-stream.ts';

/** No call waits longer: 2 s kept a lease through a stopped member that the library's defaults lost. */
const CALL_DEADLINE_MS = 2_000;
/** A renewal that is not answered soon is sent to the next endpoint: there must be time for two or three of them. */
const RENEWAL_DEADLINE_MS = 1_000;

export interface EtcdClientOptions {
  /** http://host:port or https://host:port; DNS names where TLS is used (TLS to an IP address is deprecated in Node, DEP0123). */
  readonly endpoints: readonly string[];
  /** PEM; needed for https endpoints. */
  readonly tls: { readonly authority: string; readonly certificate: string; readonly key: string } | undefined;
  /** Name in the servers' certificate where it is not the endpoints' own. */
  readonly serverName?: string;
  readonly monotonicMs: () => number;
}

/** etcd by way of etcd3 1.1.2, with its own repeating, lease and watch machinery left out (see docs/ARCHITECTURE.md). */
export class EtcdClient implements Etcd, Disposable {
  readonly #options: EtcdClientOptions;
  readonly #client: Etcd3;
  /** For renewals, one for each endpoint: the library picks endpoints at random, and a stopped one twice. */
  readonly #renewing: (Etcd3 | undefined)[] = [];
  #renewingAt = 0;

  constructor(options: EtcdClientOptions) {
    this.#options = options;
    this.#client = new Etcd3(etcd3Options(options));
  }

  async get(key: string): Promise<KeyValue | undefined> {
    const answer = await this.#read(`reading ${key}`, () => this.#client.kv.range({ key: Buffer.from(key) }));
    return answer.kvs.map(toKeyValue)[0];
  }

  async range(prefix: string, query: RangeQuery): Promise<Page> {
    const whole = Range.prefix(prefix);
    const start = query.after === undefined || query.isDescending === true ? whole.start : Buffer.from(`${query.after}\0`);
    const end = query.after !== undefined && query.isDescending === true ? Buffer.from(query.after) : whole.end;
    const answer = await this.#read(`listing ${prefix}`, () =>
      this.#client.kv.range({
        key: start,
        range_end: end,
        limit: query.limit,
        keys_only: query.isKeysOnly === true,
        revision: query.revision ?? 0,
        sort_target: 'Key',
        sort_order: query.isDescending === true ? 'Descend' : 'Ascend',
      }),
    );
    return { revision: Number(answer.header.revision), entries: answer.kvs.map(toKeyValue), hasMore: answer.more };
  }

  async txn(compares: readonly Compare[], changes: readonly Change[]): Promise<TxnResult> {
    const what = `transaction on ${changes[0] === undefined ? 'nothing' : keyOf(changes[0])}`;
    try {
      const answer = await this.#client.kv.txn({ compare: compares.map(toCompare), success: changes.map(toRequest) });
      return { isDone: answer.succeeded, revision: Number(answer.header.revision) };
    } catch (error) {
      throw etcdFailure(what, error);
    }
  }

  async leaseGrant(ttlSeconds: number): Promise<{ id: string; ttlSeconds: number }> {
    try {
      const answer = await this.#client.leaseClient.leaseGrant({ TTL: ttlSeconds });
      return { id: answer.ID, ttlSeconds: Number(answer.TTL) };
    } catch (error) {
      throw etcdFailure('granting a lease', error);
    }
  }

  async leaseKeepAlive(id: string): Promise<number> {
    const at = this.#renewingAt % this.#options.endpoints.length;
    const endpoint = this.#options.endpoints[at];
    const client = (this.#renewing[at] ??= new Etcd3(
      etcd3Options({ ...this.#options, endpoints: endpoint === undefined ? [] : [endpoint] }),
    ));
    try {
      return await keepAliveOnce(client.leaseClient, id, RENEWAL_DEADLINE_MS);
    } catch (error) {
      this.#renewingAt += 1;
      throw etcdFailure(`keeping lease ${id} alive`, error);
    }
  }

  async leaseRevoke(id: string): Promise<void> {
    try {
      await this.#client.leaseClient.leaseRevoke({ ID: id });
    } catch (error) {
      if (error instanceof Error && error.name === 'EtcdLeaseInvalidError') return;
      if (error instanceof Error && error.message.includes('lease not found')) return;
      throw etcdFailure(`revoking lease ${id}`, error);
    }
  }

  async leaseTimeToLive(id: string): Promise<number> {
    const answer = await this.#read(`asking for lease ${id}`, () => this.#client.leaseClient.leaseTimeToLive({ ID: id }));
    return Math.max(0, Number(answer.TTL));
  }

  watch(prefix: string, revision: number, listener: WatchListener): Disposable {
    return watchStream(this.#client.watchClient, prefix, revision, listener);
  }

  [Symbol.dispose](): void {
    this.#client.close();
    for (const client of this.#renewing) client?.close();
  }

  /** Reads change nothing, so another endpoint may be asked. */
  async #read<T>(what: string, call: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call();
      } catch (error) {
        if (attempt >= Math.max(2, this.#options.endpoints.length) || !isWorthAnotherEndpoint(error)) throw etcdFailure(what, error);
      }
    }
  }
}

/** The options that every client of this cluster is made with; also for a client of one endpoint only. */
export function etcd3Options(options: EtcdClientOptions): IOptions {
  const policies = new HostPolicies(options.endpoints, options.monotonicMs);
  return {
    hosts: [...options.endpoints],
    ...(options.tls === undefined
      ? {}
      : {
          credentials: {
            rootCertificate: Buffer.from(options.tls.authority),
            privateKey: Buffer.from(options.tls.key),
            certChain: Buffer.from(options.tls.certificate),
          },
        }),
    // HTTP/2 pings: etcd refuses more than one in 5 s ("too many pings")
    grpcOptions: {
      // Its lookup of a TXT record holds the process's end for half a minute where no name server answers.
      'grpc.service_config_disable_resolution': 1,
      'grpc.keepalive_time_ms': 6_000,
      'grpc.keepalive_timeout_ms': 2_000,
      'grpc.max_receive_message_length': 64 * 1024 * 1024,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
      ...(options.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': options.serverName }),
    },
    defaultCallOptions: (context) => (context.isStream ? {} : { deadline: Date.now() + CALL_DEADLINE_MS }),
    faultHandling: { global: callOnce(), host: (host) => policies.forHost(host) },
  };
}

function keyOf(change: Change): string {
  return change.do === 'delete-prefix' ? change.prefix : change.key;
}

function toCompare(compare: Compare): ICompare {
  const key = Buffer.from(compare.key);
  switch (compare.on) {
    case 'create':
      return { key, target: 'Create', result: 'Equal', create_revision: compare.equals };
    case 'mod':
      return { key, target: 'Mod', result: 'Equal', mod_revision: compare.equals };
    case 'value':
      return { key, target: 'Value', result: 'Equal', value: Buffer.from(compare.equals) };
    case 'lease':
      return { key, target: 'Lease', result: 'Equal', lease: compare.equals };
  }
}

function toRequest(change: Change): IRequestOp {
  switch (change.do) {
    case 'put':
      return { request_put: { key: Buffer.from(change.key), value: Buffer.from(change.value), lease: change.lease ?? 0 } };
    case 'delete':
      return { request_delete_range: { key: Buffer.from(change.key) } };
    case 'delete-prefix': {
      const range = Range.prefix(change.prefix);
      return { request_delete_range: { key: range.start, range_end: range.end } };
    }
  }
}
