import { toUvsError, UvsError } from '../../common/errors.ts';
import type { LedgerRecord } from '../domain.ts';
import type { Term } from '../election.ts';
import { isUnknownOutcome } from '../etcd/failure.ts';
import type { Compare, Etcd, KeyValue } from '../etcd/port.ts';
import type { Clock } from '../ports.ts';
import { auditHostname } from './audit-hostname.ts';
import { auditEntry } from './audit-rings.ts';
import { changesOf, MAX_CHANGES, type Decide, type Decision } from './decision.ts';
import { withEndedCounts } from './ended-counts.ts';
import { keys } from './keys.ts';
import { describeForgotten, isForgotten, landmarkOf } from './landmark.ts';
import { LiveMirror } from './live-mirror.ts';
import { loadMirror } from './load.ts';
import type { Mirror } from './mirror.ts';
import { parseRecord } from './parse.ts';
import { pause } from './pause.ts';
import { toEtcdChanges, type RecordChange } from './record-change.ts';
import { ledgerSchema } from './records.ts';
import { requireTerm } from './require-term.ts';
import type { LedgerWatermark, Seen } from './seen.ts';

/** How long a transaction may take in all, tries after conflicts and lost answers included. */
const COMMIT_DEADLINE_MS = 10_000;
const ATTEMPTS = 8;
/** Between two readings while etcd does not answer. */
const REREAD_MS = 100;

export interface LedgerOptions {
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly term: Term;
  readonly randomId: () => string;
  /** What this coordinator remembers of etcd; undefined: nothing, as a test may want it. */
  readonly watermark?: LedgerWatermark;
  /** Whether another coordinator could lead; undefined: none could. */
  readonly canOtherLead?: () => boolean;
}

/**
 * The one way in which a leader changes the cluster's state: one transaction at a time, each comparing the leader's key, the ledger's
 * revision at which it was decided, and what the decision adds; each writing the ledger and, unless it only observes, an audit entry.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #mirror: LiveMirror;
  #queue: Promise<unknown> = Promise.resolve();
  /** Since when etcd has been asked for what is being decided. */
  #turnSinceMs: number | undefined;

  constructor(options: LedgerOptions, mirror: Mirror) {
    this.#options = options;
    this.#mirror = new LiveMirror(options.etcd, mirror);
  }

  /** Reads everything; to be called after the term was won. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    return new Ledger(options, await loadMirror(options.etcd));
  }

  /** As of the last transaction; what is decided from it outside of `commit` may be refused. */
  get mirror(): Mirror {
    return this.#mirror.now;
  }

  /** How long what is being decided has not been taken by etcd. */
  get unwrittenMs(): number {
    return this.#turnSinceMs === undefined ? 0 : this.#options.clock.monotonicMs() - this.#turnSinceMs;
  }

  /** Calls back after each transaction with what it changed, and with nothing after a reload. */
  onApplied(listener: (changes: readonly RecordChange[]) => void): Disposable {
    return this.#mirror.onApplied(listener);
  }

  /**
   * Decides and writes. After a conflict it reads again and decides again; after a lost answer it reads whether its own transaction is
   * the ledger's last.
   * @throws what `decide` throws; NOT_LEADER; ETCD_UNAVAILABLE where the outcome could not be learnt: then it may have happened.
   */
  async commit<T>(decide: Decide<T>): Promise<T> {
    const { result, promisedAt } = await this.#inTurn(() => this.#commit(decide));
    // outside of the turn: what others decide meanwhile shares the write
    if (promisedAt !== undefined) await this.remember(promisedAt);
    return result;
  }

  /**
   * Resolves once a revision in which somebody was promised something is on this coordinator's disk: only then it is told, also again.
   * A leader that can't write it can promise nothing, and gives the leadership away where another may be able to.
   * @throws DISK_FAILED where the disk does not take it; NOT_LEADER where another is to lead for that: it can be asked the same again
   */
  async remember(promisedAt: number): Promise<void> {
    try {
      await this.#options.watermark?.remember(promisedAt);
    } catch (cause) {
      if (toUvsError(cause).reason !== 'DISK_FAILED') throw cause;
      const message = `this coordinator could not keep what it has seen of etcd on ${toUvsError(cause).message}`;
      if (this.#options.canOtherLead?.() === true) {
        await this.#options.term.resign().catch(() => undefined);
        throw new UvsError('NOT_LEADER', `${message}; it gives the leadership away`, {
          cause,
          hint: 'Ask again in a few seconds; see to its disk (df, dmesg).',
          // it was decided: what must not be done twice is not to be asked of the next one
          details: { leader: '', sent: 'perhaps' },
        });
      }
      throw new UvsError('DISK_FAILED', message, {
        cause,
        hint: 'What was asked for may have been done. See to its disk (df, dmesg); until then it can promise nothing, and no other coordinator can.',
      });
    }
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
    return this.#inTurn(() => this.#mirror.refreshSlots());
  }

  /** Reads everything again where somebody else has written the ledger: coordinators that do not lead enter themselves, and hold the cluster. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      const { clock, etcd } = this.#options;
      const entry = await etcd.get(keys.ledger);
      if (entry?.modRevision !== this.#mirror.now.ledgerRevision) await this.#readAgain(clock.monotonicMs());
    });
  }

  async #writeSome(changes: readonly RecordChange[]): Promise<void> {
    requireTerm(this.#options.term);
    try {
      const result = await this.#options.etcd.txn([...this.#options.term.guard, this.#ledgerUnchanged()], changes.flatMap(toEtcdChanges));
      if (result.isDone) {
        this.#mirror.apply(changes, result.revision);
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
      const decided = await decide(this.#mirror.now);
      // after the decision: it may have waited
      requireTerm(this.#options.term);
      if ('nothing' in decided) return { result: decided.result, promisedAt: decided.promisedAt };
      const decision = { ...decided, changes: withEndedCounts(this.#mirror.now, decided.changes) };
      const id = randomId();
      // observations take no place in the audit log, so that they push no decision out of it
      const entered =
        decision.audit === undefined
          ? undefined
          : auditEntry(this.#mirror.now.ledger, {
              at: clock.wallMs(),
              ...decision.audit,
              hostname: auditHostname(decision.audit, this.#mirror.now, decision.changes),
            });
      const ledger: LedgerRecord = { ...this.#mirror.now.ledger, ...decision.ledger, ...entered?.counts, requestId: id };
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
    this.#mirror.applyDecided(decision.changes, ledger, revision);
    return { result: decision.result, promisedAt: decision.isPromise === true ? revision : undefined };
  }

  /** Brings the mirror to what etcd holds, and says what the ledger is now. */
  async #readAgain(untilMs: number): Promise<{ ledger: LedgerRecord; revision: number }> {
    const { clock, etcd, term } = this.#options;
    for (;;) {
      requireTerm(this.#options.term);
      try {
        const leader = await etcd.get(keys.leader);
        const isOurs = term.guard.every((compare) =>
          compare.on === 'value' ? leader?.value === compare.equals : leader?.createRevision === compare.equals,
        );
        if (!isOurs) await term.resign().catch(() => undefined);
        requireTerm(this.#options.term);
        const entry = await etcd.get(keys.ledger);
        if (entry === undefined) throw new UvsError('INTERNAL', `etcd has no ${keys.ledger} any more`);
        const ledger = parseRecord(ledgerSchema, entry);
        await this.#demandNothingLost(entry.modRevision);
        await this.#mirror.catchUp(entry.modRevision);
        return { ledger, revision: entry.modRevision };
      } catch (error) {
        // e.g. what a newer version has written: one that leads and can decide nothing would keep those from leading that can
        if (toUvsError(error).reason === 'INTERNAL') await term.resign().catch(() => undefined);
        if (!isUnknownOutcome(error) || clock.monotonicMs() >= untilMs) throw error;
        await pause(REREAD_MS, term.signal);
      }
    }
  }

  /** Whether etcd, whose ledger is not where it was, has gone on and not back. @throws UvsError NOT_LEADER */
  async #demandNothingLost(revision: number): Promise<void> {
    const { etcd, watermark } = this.#options;
    const known = this.#mirror.now.ledgerRevision;
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

  #ledgerUnchanged(): Compare {
    return { on: 'mod', key: keys.ledger, equals: this.#mirror.now.ledgerRevision };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = async (): Promise<T> => {
      this.#turnSinceMs = this.#options.clock.monotonicMs();
      try {
        return await work();
      } finally {
        this.#turnSinceMs = undefined;
      }
    };
    const run = this.#queue.then(turn, turn);
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
