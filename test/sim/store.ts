import type { Change, Compare, KeyValue, Page, RangeQuery, TxnResult, WatchEvent } from '../../coordinator/etcd/port.ts';
import { UvsError } from '../../common/errors.ts';

interface Version {
  readonly revision: number;
  readonly atMs: number;
  /** Undefined: deleted. */
  readonly entry: KeyValue | undefined;
}

interface Lease {
  readonly ttlMs: number;
  endsMs: number;
}

export interface Commit {
  readonly compares: readonly Compare[];
  readonly changes: readonly Change[];
  readonly revision: number;
  /** What each changed key was before; undefined: it was not there. */
  readonly before: ReadonlyMap<string, KeyValue | undefined>;
}

/** What etcd holds: keys with all their versions, leases. Everything here happens at once; what takes time or fails is the port's. */
export class Store {
  #revision = 1;
  #compactedRevision = 0;
  #versions = new Map<string, Version[]>();
  /** All keys that there ever were, sorted. */
  #keys: string[] = [];
  #leases = new Map<string, Lease>();
  #leaseCount = 0;
  readonly #nowMs: () => number;
  readonly #onChange: () => void;

  constructor(nowMs: () => number, onChange: () => void) {
    this.#nowMs = nowMs;
    this.#onChange = onChange;
  }

  get revision(): number {
    return this.#revision;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  get(key: string): KeyValue | undefined {
    return this.#versions.get(key)?.at(-1)?.entry;
  }

  /** When a key got the values that it has had since it was last absent, oldest first. */
  versionsOf(key: string): readonly { readonly atMs: number; readonly value: string }[] {
    const versions = this.#versions.get(key) ?? [];
    const absent = versions.findLastIndex(({ entry }) => entry === undefined);
    return versions.slice(absent + 1).flatMap(({ atMs, entry }) => (entry === undefined ? [] : [{ atMs, value: entry.value }]));
  }

  /** When a key was written in this revision. */
  writtenMs(key: string, revision: number): number {
    return this.#versions.get(key)?.find((version) => version.revision === revision)?.atMs ?? Number.POSITIVE_INFINITY;
  }

  range(prefix: string, query: RangeQuery): Page {
    const revision = query.revision === undefined || query.revision === 0 ? this.#revision : query.revision;
    if (revision < this.#compactedRevision) throw refused(`revision ${revision} has been compacted`);
    const found: KeyValue[] = [];
    const keys = this.#keysWith(prefix);
    for (const key of query.isDescending === true ? keys.toReversed() : keys) {
      if (query.after !== undefined && (query.isDescending === true ? key >= query.after : key <= query.after)) continue;
      const entry = this.#versions.get(key)?.findLast((version) => version.revision <= revision)?.entry;
      if (entry !== undefined) found.push(query.isKeysOnly === true ? { ...entry, value: '' } : entry);
      if (found.length > query.limit) break;
    }
    return { revision: this.#revision, entries: found.slice(0, query.limit), hasMore: found.length > query.limit };
  }

  txn(compares: readonly Compare[], changes: readonly Change[], onCommit: (commit: Commit) => void): TxnResult {
    if (!compares.every((compare) => this.#holds(compare))) return { isDone: false, revision: this.#revision };
    for (const change of changes)
      if (change.do === 'put' && change.lease !== undefined && !this.#leases.has(change.lease))
        throw refused(`lease ${change.lease} not found`);
    const before = new Map<string, KeyValue | undefined>();
    const revision = this.#revision + 1;
    const events = changes.flatMap((change) => this.#apply(change, revision, before));
    if (events.length > 0) this.#revision = revision;
    onCommit({ compares, changes, revision: this.#revision, before });
    if (events.length > 0) this.#onChange();
    return { isDone: true, revision: this.#revision };
  }

  grant(ttlSeconds: number, nowMs: number): string {
    this.#leaseCount += 1;
    const id = String(this.#leaseCount);
    this.#leases.set(id, { ttlMs: ttlSeconds * 1000, endsMs: nowMs + ttlSeconds * 1000 });
    return id;
  }

  /** @returns the seconds it has left; 0: it is gone. */
  keepAlive(id: string, nowMs: number): number {
    const lease = this.#leases.get(id);
    if (lease === undefined) return 0;
    lease.endsMs = nowMs + lease.ttlMs;
    return lease.ttlMs / 1000;
  }

  timeToLive(id: string, nowMs: number): number {
    const lease = this.#leases.get(id);
    return lease === undefined ? 0 : Math.max(1, Math.ceil((lease.endsMs - nowMs) / 1000));
  }

  revoke(id: string): void {
    this.#leases.delete(id);
    const revision = this.#revision + 1;
    const gone = this.#keys.filter((key) => this.get(key)?.lease === id);
    const events = gone.flatMap((key) => this.#apply({ do: 'delete', key }, revision, new Map()));
    if (events.length > 0) this.#revision = revision;
    if (events.length > 0) this.#onChange();
  }

  /** Leases whose time is over; etcd takes a moment to notice. */
  overdue(nowMs: number): readonly string[] {
    return [...this.#leases].filter(([, { endsMs }]) => endsMs <= nowMs).map(([id]) => id);
  }

  get leases(): readonly string[] {
    return [...this.#leases.keys()];
  }

  compact(): void {
    this.#compactedRevision = this.#revision;
  }

  /** Events with the prefix from a revision on, or undefined where they were compacted. */
  since(prefix: string, revision: number): readonly WatchEvent[] | undefined {
    if (revision <= this.#compactedRevision) return undefined;
    const events: { readonly at: number; readonly event: WatchEvent }[] = [];
    for (const key of this.#keysWith(prefix)) {
      for (const version of this.#versions.get(key) ?? []) {
        if (version.revision >= revision) events.push({ at: version.revision, event: eventOf(key, version) });
      }
    }
    return events.toSorted((one, other) => one.at - other.at).map(({ event }) => event);
  }

  /** A copy of everything, as a backup holds it. */
  backup(): () => void {
    const versions = new Map([...this.#versions].map(([key, list]) => [key, [...list]]));
    const leases = new Map([...this.#leases].map(([id, lease]) => [id, lease.ttlMs]));
    const [revision, compacted, leaseCount, keys] = [this.#revision, this.#compactedRevision, this.#leaseCount, [...this.#keys]];
    return () => {
      this.#versions = new Map([...versions].map(([key, list]) => [key, [...list]]));
      this.#keys = [...keys];
      // leases begin anew
      this.#leases = new Map([...leases].map(([id, ttlMs]) => [id, { ttlMs, endsMs: Number.POSITIVE_INFINITY }]));
      this.#leaseCount = leaseCount;
      this.#revision = revision;
      this.#compactedRevision = compacted;
    };
  }

  /** As `etcdutl snapshot restore --bump-revision` does. */
  bump(): void {
    this.#revision += 1_000_000;
  }

  /** Leases go on from then, with their full time: after a restore, and from a new leader of etcd's members on. */
  renewLeases(nowMs: number): void {
    for (const lease of this.#leases.values()) lease.endsMs = nowMs + lease.ttlMs;
  }

  #holds(compare: Compare): boolean {
    const entry = this.get(compare.key);
    switch (compare.on) {
      case 'create':
        return (entry?.createRevision ?? 0) === compare.equals;
      case 'mod':
        return (entry?.modRevision ?? 0) === compare.equals;
      case 'value':
        return entry !== undefined && entry.value === compare.equals;
      case 'lease':
        return (entry?.lease ?? '0') === compare.equals;
    }
  }

  #apply(change: Change, revision: number, before: Map<string, KeyValue | undefined>): WatchEvent[] {
    if (change.do === 'delete-prefix') {
      return this.#keysWith(change.prefix).flatMap((key) => this.#apply({ do: 'delete', key }, revision, before));
    }
    const { key } = change;
    const old = this.get(key);
    if (!before.has(key)) before.set(key, old);
    if (change.do === 'delete') {
      if (old === undefined) return [];
      return [this.#add(key, { revision, atMs: this.#nowMs(), entry: undefined })];
    }
    const { value, lease = '0' } = change;
    const entry = { key, value, createRevision: old?.createRevision ?? revision, modRevision: revision, lease };
    return [this.#add(key, { revision, atMs: this.#nowMs(), entry })];
  }

  #add(key: string, version: Version): WatchEvent {
    const known = this.#versions.get(key);
    if (known === undefined) {
      this.#versions.set(key, [version]);
      this.#keys.splice(this.#place(key), 0, key);
    } else known.push(version);
    return eventOf(key, version);
  }

  #keysWith(prefix: string): readonly string[] {
    const from = this.#place(prefix);
    let to = from;
    while (this.#keys[to]?.startsWith(prefix) === true) to += 1;
    return this.#keys.slice(from, to);
  }

  #place(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function eventOf(key: string, { revision, entry }: Version): WatchEvent {
  return entry === undefined ? { kind: 'delete', key, modRevision: revision } : { kind: 'put', entry };
}

function refused(what: string): UvsError {
  return new UvsError('ETCD_UNAVAILABLE', `etcd: ${what}`, { details: { outcome: 'none' } });
}
