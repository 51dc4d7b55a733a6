import type { LedgerRecord } from '../domain.ts';
import type { Etcd } from '../etcd/port.ts';
import { loadMirror, loadSlots } from './load.ts';
import { hasEnded, type Mirror } from './mirror.ts';
import { applyToMirror, type RecordChange } from './record-change.ts';

/** Keeps the mirror in step with what etcd holds, and tells whoever listens what has changed. */
export class LiveMirror {
  readonly #etcd: Etcd;
  readonly #listeners = new Set<(changes: readonly RecordChange[]) => void>();
  #mirror: Mirror;

  constructor(etcd: Etcd, mirror: Mirror) {
    this.#etcd = etcd;
    this.#mirror = mirror;
  }

  get now(): Mirror {
    return this.#mirror;
  }

  /** Calls back with what a transaction changed, and with nothing where anything may have changed. */
  onApplied(listener: (changes: readonly RecordChange[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Takes over what the transaction with this revision has made. */
  apply(changes: readonly RecordChange[], revision: number): void {
    for (const change of changes) applyToMirror(this.#mirror, change, revision);
    this.#tell(changes);
    this.#forgetEnded(changes);
  }

  /** The same of a transaction that wrote the ledger, too. */
  applyDecided(changes: readonly RecordChange[], ledger: LedgerRecord, revision: number): void {
    if (revision >= this.#mirror.ledgerRevision) {
      this.#mirror.ledger = ledger;
      this.#mirror.ledgerRevision = revision;
    }
    this.apply(changes, revision);
  }

  /** Reads what etcd holds, whose ledger was found at this revision: where that is known, only a lease may have ended. */
  async catchUp(ledgerRevision: number): Promise<void> {
    if (ledgerRevision === this.#mirror.ledgerRevision) await this.#reloadSlots();
    else this.#mirror = await loadMirror(this.#etcd);
    this.#tell([]);
  }

  /** Reads the slots again: granted ones end with their leases. */
  async refreshSlots(): Promise<void> {
    const before = new Map(this.#mirror.slots);
    await this.#reloadSlots();
    const now = this.#mirror.slots;
    const gone = [...before.keys()].filter((uid) => !now.has(uid));
    const isElse = [...now.values()].some(({ uid, modRevision }) => before.get(uid)?.modRevision !== modRevision);
    // what nobody but a lease has changed is told as what it is: else everything would have to be looked at, each time
    if (isElse) this.#tell([]);
    else if (gone.length > 0) this.#tell(gone.map((uid) => ({ of: 'slot-gone', uid })));
  }

  async #reloadSlots(): Promise<void> {
    const slots = await loadSlots(this.#etcd, this.#mirror.epoch);
    this.#mirror.slots.clear();
    for (const [uid, slot] of slots) this.#mirror.slots.set(uid, slot);
  }

  /** A rollout that is over and for which no node holds a slot is history: it stays in etcd only. */
  #forgetEnded(changes: readonly RecordChange[]): void {
    if (!changes.some((change) => change.of === 'rollout-state' || change.of === 'slot-gone')) return;
    const holding = new Set([...this.#mirror.slots.values()].map((slot) => slot.rollout));
    for (const [id, rollout] of this.#mirror.rollouts) {
      if (hasEnded(rollout.state) && !holding.has(id)) this.#mirror.rollouts.delete(id);
    }
  }

  #tell(changes: readonly RecordChange[]): void {
    for (const listener of this.#listeners) listener(changes);
  }
}
