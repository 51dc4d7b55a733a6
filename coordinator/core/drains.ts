import { toUvsError, UvsError } from '../../common/errors.ts';
import { compareNaturally } from '../../common/natural-order.ts';
import type { DrainRecord, HeldSlot } from '../domain.ts';
import { restartedBy } from '../goal.ts';
import type { Drain, Gate, TellProgress } from '../ports.ts';
import type { Decision, Nothing } from '../state/decision.ts';
import type { Ledger } from '../state/ledger.ts';
import type { Mirror } from '../state/mirror.ts';
import type { DrainView } from '../stuck-drains.ts';
import { demandNode } from './find-node.ts';
import { KeptGrant } from './kept-grant.ts';
import { specOf, type Leading } from './leading.ts';
import { slotUnchanged } from './slot-records.ts';
import { Stall } from './stall.ts';

type Drains = Pick<Leading, 'clock' | 'drainGates' | 'etcd' | 'timings' | 'term'> & {
  readonly ledger: Pick<Ledger, 'commit' | 'mirror'>;
};

/** What became of what was set for a node. */
interface TakenBack {
  /** By the name of the gate: what it has planned for other nodes, and does not take back with that of this one. */
  readonly leftTo: Readonly<Record<string, readonly string[]>>;
  /** What stays as it is, and why, in words for operators. */
  readonly left: readonly string[];
}

const NOTHING: Nothing<undefined> = { nothing: true, result: undefined };

/**
 * Brings about what gates set outside of UVS for the time of a node's operation, one node after the other: what is planned for one depends on
 * what is set for the others. Each thing is recorded in etcd before it is set, so that whoever leads takes it back (promise 9).
 */
export class DrainKeeper {
  readonly #leading: Drains;
  /** When what was set for a node could last not be taken back, and why, by its UID. */
  readonly #failures = new Map<string, { readonly atMs: number; readonly reason: string }>();
  /** What is being set, or waits to be, by UID. */
  readonly #preparing = new Map<string, { readonly operation: string; readonly progress: string }>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(leading: Drains) {
    this.#leading = leading;
  }

  /** Sets what a granted operation needs, unless it is set already. @throws what the gate's drain throws; NOT_ALLOWED_NOW where the grant is gone */
  async prepare(uid: string, operation: string): Promise<void> {
    const grant = new KeptGrant(this.#leading, uid);
    this.#preparing.set(uid, { operation, progress: 'waits for what is set or taken back for others' });
    try {
      await this.#inTurn(() => {
        grant.turn();
        this.#preparing.delete(uid);
        return this.#prepare(uid, operation, (progress) => {
          this.#preparing.set(uid, { operation, progress });
          grant.progress();
        });
      });
    } finally {
      grant[Symbol.dispose]();
      this.#preparing.delete(uid);
    }
  }

  /** How far the preparing of an operation is, for operators; undefined: nothing is known of it. */
  progressOf(uid: string, operation: string): string | undefined {
    const known = this.#preparing.get(uid);
    return known?.operation === operation ? known.progress : undefined;
  }

  /** Nodes for which something is set and that hold no slot for it any more; without those that were tried in vain a moment ago. */
  due(): readonly string[] {
    const { clock, ledger, timings } = this.#leading;
    const { drains, slots } = ledger.mirror;
    return [...drains.values()]
      .filter(({ uid, operation }) => slots.get(uid)?.operation !== operation)
      .map(({ uid }) => uid)
      .filter((uid) => clock.monotonicMs() - (this.#failures.get(uid)?.atMs ?? Number.NEGATIVE_INFINITY) >= timings.retryMs);
  }

  /** All that is set, or may be, those first that can't be taken back, the oldest ahead. */
  list(): readonly DrainView[] {
    const { drains, nodes } = this.#leading.ledger.mirror;
    const views = [...drains.values()].map((record): DrainView => {
      const { uid, state, stuck } = record;
      const hostname = nodes.get(uid)?.hostname ?? uid;
      if (stuck === undefined) return { ...record, hostname, shownAs: state };
      const reason = this.#failures.get(uid)?.reason ?? stuck.reason;
      return { ...record, hostname, shownAs: 'stuck', stuck: { ...stuck, reason } };
    });
    const since = ({ stuck }: DrainView): number => stuck?.since ?? Number.MAX_VALUE;
    return views.toSorted((left, right) => since(left) - since(right) || compareNaturally(left.hostname, right.hostname));
  }

  /** Takes back what was set for an operation that has no slot any more. @throws what the gate's drain throws */
  async restore(uid: string): Promise<void> {
    try {
      await this.#inTurn(() => this.#restore(uid, () => undefined));
      this.#failures.delete(uid);
    } catch (error) {
      const { clock, term } = this.#leading;
      const reason = reasonOf(error);
      this.#failures.set(uid, { atMs: clock.monotonicMs(), reason });
      // where that can't be written down it is tried with the next failure
      if (term.isCurrent()) await this.#noteStuck(uid, reason).catch(() => undefined);
      throw error;
    }
  }

  /** Keeps with the record that it can't be taken back, and tells so in the audit log, once: whoever leads next shows it, too. */
  async #noteStuck(uid: string, reason: string): Promise<void> {
    const { clock, ledger } = this.#leading;
    await ledger.commit<undefined>((mirror) => {
      const record = mirror.drains.get(uid);
      if (record === undefined || record.stuck !== undefined) return NOTHING;
      const entry = audit('drains.stuck', uid, record);
      return {
        changes: [{ of: 'drain', record: { ...record, stuck: { since: clock.wallMs(), reason } } }],
        audit: { ...entry, message: `${entry.message}; it can't be taken back: ${reason}` },
        result: undefined,
      };
    });
  }

  async #prepare(uid: string, operation: string, tell: TellProgress): Promise<void> {
    const { ledger, drainGates } = this.#leading;
    if (isPrepared(this.#leading, ledger.mirror, uid, operation)) return;
    const earlier = ledger.mirror.drains.get(uid);
    if (earlier !== undefined && (earlier.operation !== operation || earlier.state === 'restoring')) await this.#restore(uid, tell);
    if (ledger.mirror.drains.get(uid) === undefined) await this.#plan(uid, operation);
    const record = ledger.mirror.drains.get(uid);
    // without a slot nothing was recorded, and what is not recorded is not set
    if (record?.operation !== operation) throw grantEnded();
    for (const { name, drain } of drainGates) {
      const text = record.set[name];
      if (text !== undefined) await this.#bounded(tell, (signal, told) => drain.apply(text, signal, told));
    }
    await this.#put(uid, (slot) => (slot?.operation === operation ? { ...record, state: 'set' } : undefined));
    if (!isPrepared(this.#leading, ledger.mirror, uid, operation)) throw grantEnded();
  }

  /** Asks each gate what it would set, and writes that down if the slot is still the operation's. */
  async #plan(uid: string, operation: string): Promise<void> {
    const { ledger, drainGates } = this.#leading;
    const node = demandNode(ledger.mirror, uid);
    const restarted = restartedBy(specOf(ledger.mirror, ledger.mirror.slots.get(uid)?.rollout));
    const set: Record<string, string> = {};
    for (const { name, drain } of drainGates) {
      const task = { node, restarted, others: othersOf(ledger.mirror, uid, name) };
      const text = await this.#bounded(
        () => undefined,
        (signal) => drain.plan(task, signal),
      );
      if (text !== undefined) set[name] = text;
    }
    const record: DrainRecord = { uid, operation, state: 'setting', set, notes: {} };
    await this.#put(uid, (slot) => (slot?.operation === operation ? record : undefined));
  }

  async #restore(uid: string, tell: TellProgress): Promise<void> {
    const { ledger } = this.#leading;
    const record = ledger.mirror.drains.get(uid);
    if (record === undefined) return;
    if (record.state !== 'restoring') {
      // from here on nobody may begin on the strength of it
      await this.#put(uid, (slot) => (slot?.operation === record.operation ? undefined : { ...record, state: 'restoring' }));
      if (ledger.mirror.drains.get(uid)?.state !== 'restoring') return;
    }
    // what several share goes with the last of them, and that is this one where the end of another was not noticed yet
    let taken: TakenBack;
    do taken = await this.#takeBack(record, tell);
    while (!(await this.#forget(record, taken)));
  }

  async #takeBack({ uid, set }: DrainRecord, tell: TellProgress): Promise<TakenBack> {
    const { ledger, drainGates } = this.#leading;
    const leftTo: Record<string, readonly string[]> = {};
    const left: string[] = [];
    for (const [name, text] of Object.entries(set)) {
      const gate = drainGates.find((each) => each.name === name);
      if (gate === undefined) {
        throw new UvsError(
          'NOT_ALLOWED_NOW',
          `what gate ${name} has set for node ${uid} can't be taken back: there is no such gate any more`,
          {
            hint: 'Configure it again until that is done.',
          },
        );
      }
      const others = othersOf(ledger.mirror, uid, name);
      leftTo[name] = others;
      left.push(...(await this.#bounded(tell, (signal, told) => gate.drain.restore(text, others, signal, told))));
    }
    return { leftTo, left };
  }

  /** @returns false: what was left to others is not theirs any more, which a transaction of unknown outcome may have hidden */
  async #forget(record: DrainRecord, { leftTo, left }: TakenBack): Promise<boolean> {
    const { uid, operation } = record;
    const entry = audit('drains.restored', uid, record);
    const message = left.length === 0 ? entry.message : `${entry.message}; left as it is: ${left.join('; ')}`;
    return await this.#leading.ledger.commit<boolean>((mirror) => {
      if (mirror.drains.get(uid)?.operation !== operation) return { nothing: true, result: true };
      const isTheirs = Object.entries(leftTo).every(([name, others]) => {
        const now = new Set(othersOf(mirror, uid, name));
        return others.every((text) => now.has(text));
      });
      if (!isTheirs) return { nothing: true, result: false };
      return { changes: [{ of: 'drain-gone', uid }], audit: { ...entry, message }, result: true };
    });
  }

  async #put(uid: string, decide: (slot: HeldSlot | undefined) => DrainRecord | undefined): Promise<void> {
    await this.#leading.ledger.commit<undefined>((mirror): Decision<undefined> | Nothing<undefined> => {
      const slot = mirror.slots.get(uid);
      const record = decide(slot);
      if (record === undefined) return NOTHING;
      return {
        compares: slot === undefined ? [] : slotUnchanged(slot),
        changes: [{ of: 'drain', record }],
        audit: audit(`drains.${record.state}`, uid, record),
        result: undefined,
      };
    });
  }

  /** Lets a gate work for as long as it gets on. */
  async #bounded<T>(tell: TellProgress, work: (signal: AbortSignal, told: TellProgress) => Promise<T>): Promise<T> {
    const { timings, term } = this.#leading;
    using stall = new Stall(timings.drainDeadlineMs);
    return await work(AbortSignal.any([term.signal, stall.signal]), (progress) => {
      stall.progress();
      tell(progress);
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

function grantEnded(): UvsError {
  return new UvsError('NOT_ALLOWED_NOW', 'the grant ended before its node was prepared', { hint: 'It is granted again.' });
}

export interface DrainGate {
  readonly name: string;
  readonly drain: Drain;
}

export function drainGatesOf(gates: readonly Gate[]): readonly DrainGate[] {
  return gates.flatMap(({ name, drain }) => (drain === undefined ? [] : [{ name, drain }]));
}

/** Whether all is set that gates want for an operation: only then may its node be told of its grant, and begin. */
export function isPrepared({ drainGates }: Pick<Leading, 'drainGates'>, mirror: Mirror, uid: string, operation: string): boolean {
  if (drainGates.length === 0) return true;
  const record = mirror.drains.get(uid);
  return record?.operation === operation && record.state === 'set';
}

/** What a gate has planned for other nodes. */
function othersOf(mirror: Mirror, uid: string, gate: string): readonly string[] {
  return [...mirror.drains.values()].flatMap((record) => (record.uid === uid ? [] : (record.set[gate] ?? [])));
}

const REASON_CHARACTERS = 1_000;

function reasonOf(error: unknown): string {
  const { message, hint } = toUvsError(error);
  return `${message}${hint === undefined ? '' : ` (${hint})`}`.slice(0, REASON_CHARACTERS);
}

function audit(action: string, uid: string, { operation, set }: DrainRecord) {
  const plans = Object.entries(set).map(([gate, plan]) => `${gate} ${plan}`);
  return {
    actor: 'coordinator',
    action,
    resource: `nodes/${uid}`,
    message: `${operation}: ${plans.length === 0 ? 'nothing' : plans.join(', ')}`,
  };
}
