/** One key as etcd keeps it. Revisions stay below 2^53 for longer than any cluster lives. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  /** Decimal lease id, "0" where the key has none. */
  readonly lease: string;
}

/** One condition of a transaction; all must hold. A key that does not exist has create and mod revision 0. */
export type Compare =
  | { readonly on: 'create'; readonly key: string; readonly equals: number }
  | { readonly on: 'mod'; readonly key: string; readonly equals: number }
  | { readonly on: 'value'; readonly key: string; readonly equals: string }
  | { readonly on: 'lease'; readonly key: string; readonly equals: string };

/** One change of a transaction. A put without a lease takes the key off the lease it had; its create revision stays. */
export type Change =
  | { readonly do: 'put'; readonly key: string; readonly value: string; readonly lease?: string }
  | { readonly do: 'delete'; readonly key: string }
  | { readonly do: 'delete-prefix'; readonly prefix: string };

export interface TxnResult {
  readonly isDone: boolean;
  /** Store revision after it; the mod revision of what it put. */
  readonly revision: number;
}

export interface Page {
  /** Store revision that the page was read at. */
  readonly revision: number;
  readonly entries: readonly KeyValue[];
  readonly hasMore: boolean;
}

export interface RangeQuery {
  /** At most so many entries. */
  readonly limit: number;
  /** Only keys after this one, in byte order (before it, where descending). */
  readonly after?: string;
  readonly isDescending?: boolean;
  /** Without the values, which are empty then. */
  readonly isKeysOnly?: boolean;
  /** Read as it was at this store revision; 0 or absent: now, linearizably. */
  readonly revision?: number;
}

export type WatchEvent =
  { readonly kind: 'put'; readonly entry: KeyValue } | { readonly kind: 'delete'; readonly key: string; readonly modRevision: number };

export interface WatchListener {
  events(events: readonly WatchEvent[]): void;
  /** The stream is over, also where its revision was compacted; called once, nothing follows. Whoever needs more lists again. */
  ended(error: Error): void;
}

/**
 * The little of etcd that UVS needs. Every read is linearizable; every wait ends by itself within seconds.
 * All methods throw UvsError ETCD_UNAVAILABLE; from `txn` and the lease calls details.outcome says "unknown" where the change may have
 * been made, or may still be.
 */
export interface Etcd {
  get(key: string): Promise<KeyValue | undefined>;
  range(prefix: string, query: RangeQuery): Promise<Page>;
  /** Never repeated by the adapter: a transaction is sent at most once. */
  txn(compares: readonly Compare[], changes: readonly Change[]): Promise<TxnResult>;
  leaseGrant(ttlSeconds: number): Promise<{ readonly id: string; readonly ttlSeconds: number }>;
  /** @returns the seconds it lives from now; 0: it is gone. */
  leaseKeepAlive(id: string): Promise<number>;
  /** Revoking one that is gone is fine. */
  leaseRevoke(id: string): Promise<void>;
  /** @returns the seconds it has left; 0: it is gone. */
  leaseTimeToLive(id: string): Promise<number>;
  /** Tells of every change of the keys with the prefix from `revision` on. */
  watch(prefix: string, revision: number, listener: WatchListener): Disposable;
}

/** Reads all entries with a prefix, page by page, as they were at one revision. */
export async function rangeAll(
  etcd: Pick<Etcd, 'range'>,
  prefix: string,
  pageSize = 500,
  query: Pick<RangeQuery, 'isKeysOnly'> = {},
): Promise<{ revision: number; entries: KeyValue[] }> {
  const entries: KeyValue[] = [];
  let page = await etcd.range(prefix, { ...query, limit: pageSize });
  const revision = page.revision;
  entries.push(...page.entries);
  while (page.hasMore) {
    const last = page.entries.at(-1);
    if (last === undefined) break;
    page = await etcd.range(prefix, { ...query, limit: pageSize, after: last.key, revision });
    entries.push(...page.entries);
  }
  return { revision, entries };
}
