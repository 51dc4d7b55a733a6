import { UvsError } from '../../common/errors.ts';
import type { LedgerRecord } from '../domain.ts';
import type { Term } from '../election.ts';
import { isUnknownOutcome } from '../etcd/failure.ts';
import type { Change, Compare, Etcd, KeyValue } from '../etcd/port.ts';
import type { Clock } from '../ports.ts';
import { auditEntry } from './audit-rings.ts';
import { keys } from './keys.ts';
import { describeForgotten, isForgotten, landmarkOf, type Landmark } from './landmark.ts';
import { loadMirror, loadSlots } from './load.ts';
import type { Mirror } from './mirror.ts';
import { hasEnded } from './mirror.ts';
import { parseRecord, recordText } from './parse.ts';
import { pause } from './pause.ts';
import type { RecordChange } from './record-change.ts';
import { applyToMirror, toEtcdChanges } from './record-change.ts';
import { ledgerSchema } from './records.ts';

/** What one transaction does, decided from the mirror as it stands. */
export interface Decision<T> {
  /** Beside the leader's key and the ledger: usually the slot, by create and mod revision. */
  readonly compares?: readonly Compare[];
  readonly changes: readonly RecordChange[];
  /** Changes of keys that the mirror does not hold. */
  readonly otherChanges?: readonly Change[];
  readonly ledger?: Partial<Pick<LedgerRecord, 'freezeReason' | 'budgets' | 'hold' | 'isAdopting'>>;
  /** Undefined where something was observed, e.g. a node's facts, and nothing decided: no entry is made. */
  readonly audit: { readonly actor: string; readonly action: string; readonly resource: string; readonly message: string } | undefined;
  /** Somebody outside relies on it once it is told: this coordinator remembers its revision before that, so that an etcd without it is noticed. */
  readonly isPromise?: boolean;
  readonly result: T;
}

/** A decision that nothing has to be written, with its result. */
export interface Nothing<T> {
  readonly nothing: true;
  readonly result: T;
}

export type Decide<T> = (mirror: Mirror) => Decision<T> | Nothing<T> | Promise<Decision<T> | Nothing<T>>;

/** How long a transaction may take in all, tries after conflicts and lost answers included. */
const COMMIT_DEADLINE_MS = 10_000;
const ATTEMPTS = 8;
/** Between two readings while etcd does not answer. */
const REREAD_MS = 100;
/** etcd's own default for operations in one transaction is 128. */
const MAX_CHANGES = 100;

export interface LedgerOptions {
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly term: Term;
  readonly randomId: () => string;
  /** What this coordinator remembers of etcd; undefined: nothing, as a test may want it. */
  readonly watermark?: LedgerWatermark;
}

/** The newest state of etcd that a coordinator has seen. */
export interface Seen {
  readonly epoch: string;
  readonly revision: number;
  /** The newest that it has seen; undefined: nothing was decided yet, or it was seen before landmarks were kept. */
  readonly landmark: Landmark | undefined;
}

export interface LedgerWatermark {
  readonly seen: Seen | undefined;
  /** What etcd has to have if it is the one that was seen; undefined where nothing of that kind is known, or etcd is known to be another. */
  readonly landmark: Landmark | undefined;
  /**
   * Takes note of a revision that etcd has made.
   * @param landmark that was written in it; undefined where nothing was decided
   * @param before what had been seen when the transaction was sent
   * @returns why it can't be of the etcd that was seen before
   */
  made(revision: number, landmark: Landmark | undefined, before: Seen | undefined): string | undefined;
  /** Takes note that etcd has lost something. */
  lost(reason: string): void;
  /** Resolves once it is on the disk that the revision was seen, and the newest landmark until then. */
  remember(revision: number): Promise<void>;
}

/**
 * The one way in which a leader changes the cluster's state: one transaction at a time, each comparing the leader's key, the ledger's
 * revision at which it was decided, and what the decision adds; each writing the ledger and, unless it only observes, an audit entry.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #listeners = new Set<(changes: readonly RecordChange[]) => void>();
  #mirror: Mirror;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: LedgerOptions, mirror: Mirror) {
    this.#options = options;
    this.#mirror = mirror;
  }

  /** Reads everything; to be called after the term was won. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    return new Ledger(options, await loadMirror(options.etcd));
  }

  /** As of the last transaction; what is decided from it outside of `commit` may be refused. */
  get mirror(): Mirror {
    return this.#mirror;
  }

  /** Calls back after each transaction with what it changed, and with nothing after a reload. */
  onApplied(listener: (changes: readonly RecordChange[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * Decides and writes. After a conflict it reads again and decides again; after a lost answer it reads whether its own transaction is
   * the ledger's last.
   * @throws what `decide` throws; NOT_LEADER; ETCD_UNAVAILABLE where the outcome could not be learnt: then it may have happened.
   */
  async commit<T>(decide: Decide<T>): Promise<T> {
    const { result, promisedAt } = await this.#inTurn(() => this.#commit(decide));
    // outside of the turn: what others decide meanwhile shares the write
    if (promisedAt !== undefined) await this.#options.watermark?.remember(promisedAt);
    return result;
  }

  /**
   * Writes steps that carry no right (staging, staged), without a ledger entry, guarded by the leader's key and the ledger's revision.
   * Where the answer is lost it writes them again through the ledger, after which a late first one can't arrive any more.
   */
  writeSteps(changes: readonly RecordChange[]): Promise<void> {
    return this.#inTurn(async () => {
      for (let from = 0; from < changes.length; from += MAX_CHANGES / 2) {
        await this.#writeSome(changes.slice(from, from + MAX_CHANGES / 2));
      }
    });
  }

  /** Reads the slots again: granted ones end with their leases. */
  refreshSlots(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#reloadSlots();
      this.#tell([]);
    });
  }

  async #writeSome(changes: readonly RecordChange[]): Promise<void> {
    this.#requireTerm();
    try {
      const result = await this.#options.etcd.txn([...this.#options.term.guard, this.#ledgerUnchanged()], changes.flatMap(toEtcdChanges));
      if (result.isDone) {
        this.#apply(changes, result.revision);
        return;
      }
    } catch (error) {
      if (!isUnknownOutcome(error)) throw error;
    }
    await this.#commit(() => ({
      changes,
      audit: { actor: 'coordinator', action: 'steps.write', resource: 'rollouts', message: 'written again: the first answer was lost' },
      result: undefined,
    }));
  }

  async #commit<T>(decide: Decide<T>): Promise<Committed<T>> {
    const { clock, etcd, randomId } = this.#options;
    const untilMs = clock.monotonicMs() + COMMIT_DEADLINE_MS;
    const sent = new Map<string, Sent<T>>();
    let lastFailure: unknown;
    for (let attempt = 0; attempt < ATTEMPTS && clock.monotonicMs() < untilMs; attempt += 1) {
      const decision = await decide(this.#mirror);
      // after the decision: it may have waited
      this.#requireTerm();
      if ('nothing' in decision) return { result: decision.result, promisedAt: undefined };
      const id = randomId();
      // observations take no place in the audit log, so that they push no decision out of it
      const entered = decision.audit === undefined ? undefined : auditEntry(this.#mirror.ledger, { at: clock.wallMs(), ...decision.audit });
      const ledger: LedgerRecord = { ...this.#mirror.ledger, ...decision.ledger, ...entered?.counts, requestId: id };
      const before = this.#options.watermark?.seen;
      const own = { decision, entry: entered?.put, before };
      sent.set(id, own);
      try {
        const result = await etcd.txn(
          [...this.#options.term.guard, this.#ledgerUnchanged(), ...(decision.compares ?? [])],
          changesOf(decision, ledger, entered?.changes ?? []),
        );
        if (result.isDone) return await this.#made(own, ledger, result.revision);
      } catch (error) {
        if (!isUnknownOutcome(error)) throw error;
        lastFailure = error;
      }
      // a conflict, or a lost answer: what is the ledger's last transaction?
      const found = await this.#readAgain(untilMs);
      const arrived = sent.get(found.ledger.requestId);
      if (arrived !== undefined) return await this.#made(arrived, found.ledger, found.revision);
    }
    throw new UvsError('ETCD_UNAVAILABLE', 'the change could not be brought into etcd in time; it may have been made', {
      hint: 'Look whether it has; then repeat it with the same request id.',
      details: { outcome: 'unknown' },
      cause: lastFailure,
    });
  }

  async #made<T>({ decision, entry, before }: Sent<T>, ledger: LedgerRecord, revision: number): Promise<Committed<T>> {
    const landmark = entry === undefined ? undefined : landmarkOf(entry, revision);
    await this.#demandSameEtcd(this.#options.watermark?.made(revision, landmark, before));
    this.#done(decision, ledger, revision);
    return { result: decision.result, promisedAt: decision.isPromise === true ? revision : undefined };
  }

  /** Brings the mirror to what etcd holds, and says what the ledger is now. */
  async #readAgain(untilMs: number): Promise<{ ledger: LedgerRecord; revision: number }> {
    const { clock, etcd, term } = this.#options;
    for (;;) {
      this.#requireTerm();
      try {
        const leader = await etcd.get(keys.leader);
        const isOurs = term.guard.every((compare) =>
          compare.on === 'value' ? leader?.value === compare.equals : leader?.createRevision === compare.equals,
        );
        if (!isOurs) await term.resign().catch(() => undefined);
        this.#requireTerm();
        const entry = await etcd.get(keys.ledger);
        if (entry === undefined) throw new UvsError('INTERNAL', `etcd has no ${keys.ledger} any more`);
        const ledger = parseRecord(ledgerSchema, entry);
        await this.#demandNothingLost(entry.modRevision);
        if (entry.modRevision === this.#mirror.ledgerRevision) {
          // nothing was decided meanwhile; only a lease may have ended
          await this.#reloadSlots();
        } else {
          this.#mirror = await loadMirror(etcd);
        }
        this.#tell([]);
        return { ledger, revision: entry.modRevision };
      } catch (error) {
        if (!isUnknownOutcome(error) || clock.monotonicMs() >= untilMs) throw error;
        await pause(REREAD_MS, term.signal);
      }
    }
  }

  /** Whether etcd, whose ledger is not where it was, has gone on and not back. @throws UvsError NOT_LEADER */
  async #demandNothingLost(revision: number): Promise<void> {
    const { etcd, watermark } = this.#options;
    const known = this.#mirror.ledgerRevision;
    const landmark = watermark?.landmark;
    let reason: string | undefined;
    if (revision < known) reason = `the ledger in etcd went back from revision ${known} to ${revision}`;
    else if (revision > known && landmark !== undefined && (await isForgotten(etcd, landmark))) reason = describeForgotten(landmark);
    if (reason === undefined) return;
    watermark?.lost(reason);
    await this.#demandSameEtcd(reason);
  }

  /** Ends the term: the next begins with the question what etcd is. */
  async #demandSameEtcd(trouble: string | undefined): Promise<void> {
    if (trouble === undefined) return;
    await this.#options.term.resign().catch(() => undefined);
    throw new UvsError('NOT_LEADER', `this coordinator stops leading: ${trouble}`, {
      hint: 'Ask again in a few seconds.',
      details: { leader: '' },
    });
  }

  async #reloadSlots(): Promise<void> {
    const slots = await loadSlots(this.#options.etcd, this.#mirror.epoch);
    this.#mirror.slots.clear();
    for (const [uid, slot] of slots) this.#mirror.slots.set(uid, slot);
  }

  #done(decision: Decision<unknown>, ledger: LedgerRecord, revision: number): void {
    if (revision >= this.#mirror.ledgerRevision) {
      this.#mirror.ledger = ledger;
      this.#mirror.ledgerRevision = revision;
    }
    this.#apply(decision.changes, revision);
  }

  #apply(changes: readonly RecordChange[], revision: number): void {
    for (const change of changes) applyToMirror(this.#mirror, change, revision);
    this.#tell(changes);
    this.#forgetEnded(changes);
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

  #ledgerUnchanged(): Compare {
    return { on: 'mod', key: keys.ledger, equals: this.#mirror.ledgerRevision };
  }

  #requireTerm(): void {
    const { term } = this.#options;
    if (term.isCurrent()) return;
    throw new UvsError('NOT_LEADER', 'this coordinator does not lead any more', {
      cause: term.signal.reason,
      hint: 'Ask the new leader.',
      details: { leader: '' },
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(work, work);
    this.#queue = run.catch(() => undefined);
    return run;
  }
}

/** A transaction whose answer may be lost. */
interface Sent<T> {
  readonly decision: Decision<T>;
  /** Of the audit log. */
  readonly entry: Pick<KeyValue, 'key' | 'value'> | undefined;
  /** What had been seen when it was sent. */
  readonly before: Seen | undefined;
}

interface Committed<T> {
  readonly result: T;
  /** Revision of a decision on which somebody will rely. */
  readonly promisedAt: number | undefined;
}

function changesOf(decision: Decision<unknown>, ledger: LedgerRecord, audit: readonly Change[]): Change[] {
  const changes: Change[] = [
    { do: 'put', key: keys.ledger, value: recordText(ledger) },
    ...audit,
    ...decision.changes.flatMap(toEtcdChanges),
    ...(decision.otherChanges ?? []),
  ];
  if (changes.length > MAX_CHANGES)
    throw new UvsError('INTERNAL', `a decision of ${changes.length} changes is more than one transaction holds`);
  return changes;
}
