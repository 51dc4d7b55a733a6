import { toUvsError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { newId } from './core/ids.ts';
import type { Leading } from './core/leading.ts';
import type { RolloutObserver } from './core/rollout-observer.ts';
import type { Answer, SlotProtocol } from './core/slot-protocol.ts';
import { settledStep } from './core/slot-records.ts';
import type { PackageRecord, StepRecord } from './domain.ts';
import { nextActions, type RolloutAction } from './rollout.ts';
import { keys } from './state/keys.ts';
import type { Nothing } from './state/ledger.ts';
import type { RolloutRecords } from './state/mirror.ts';
import { parseRecord } from './state/parse.ts';
import type { RecordChange } from './state/record-change.ts';
import { packageSchema } from './state/records.ts';

type ActionOf<Kind extends RolloutAction['kind']> = Extract<RolloutAction, { kind: Kind }>;

/**
 * What agents say is gathered for at least this, and so long that passes take a fifth of the time at most: ten thousand of them are never
 * silent. Transactions are not waited with: they are few, and each is somebody's turn.
 */
const LEAST_PAUSE_MS = 5;
const PAUSE_PER_PASS = 4;

const NOTHING: Nothing<void> = { nothing: true, result: undefined };

/**
 * The leader's loop: looks at every open rollout, asks `nextActions` what to do, does it. It wakes when an agent says something or a
 * transaction was made, and at each tick. It keeps nothing that may not be lost: a new leader's runner goes on from what etcd holds.
 */
export class Runner {
  readonly #leading: Leading;
  readonly #protocol: SlotProtocol;
  readonly #observer: RolloutObserver;
  readonly #log: Logger;
  readonly #listeners = new Set<() => void>();
  /** Operations with a question under way, and rollouts with a transaction of their own. */
  readonly #busy = new Set<string>();
  /** When which command was last sent to an agent. */
  readonly #sentMs = new Map<string, number>();
  readonly #packages = new Map<string, PackageRecord>();
  /** An agent said something. */
  #heard = Promise.withResolvers<void>();
  /** A transaction was made, or a question answered. */
  #moved = Promise.withResolvers<void>();
  #slotsReadMs = Number.NEGATIVE_INFINITY;

  constructor(leading: Leading, protocol: SlotProtocol, observer: RolloutObserver, log: Logger) {
    this.#leading = leading;
    this.#protocol = protocol;
    this.#observer = observer;
    this.#log = log;
  }

  /** Calls back after every pass: something shown may have changed. */
  onPass(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Runs until the term ends. */
  async run(): Promise<void> {
    const { clock, ledger, link, settings, term } = this.#leading;
    const move = (): void => this.#moved.resolve();
    term.signal.addEventListener('abort', move, { once: true });
    using _link = link.onChange(() => this.#heard.resolve());
    using _ledger = ledger.onApplied((changes) => {
      if (changes.length === 0 || changes.some(({ of }) => of === 'slot' || of === 'slot-gone' || of === 'node'))
        this.#observer.forgetRefusals();
      move();
    });
    while (term.isCurrent()) {
      this.#heard = Promise.withResolvers();
      this.#moved = Promise.withResolvers();
      const startedMs = clock.monotonicMs();
      await this.#pass();
      for (const listener of this.#listeners) listener();
      const pauseMs = Math.max(LEAST_PAUSE_MS, (clock.monotonicMs() - startedMs) * PAUSE_PER_PASS);
      await this.#untilMoved(pauseMs);
      if (term.isCurrent()) await this.#untilMoved(settings.tickMs, this.#heard.promise);
    }
  }

  /** Waits for a move, or for something else, and no longer than that. */
  async #untilMoved(ms: number, orElse?: Promise<void>): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, ms);
    await Promise.race([this.#moved.promise, over.promise, ...(orElse === undefined ? [] : [orElse])]);
    clearTimeout(timer);
  }

  async #pass(): Promise<void> {
    const { ledger } = this.#leading;
    this.#readSlotsAgain();
    this.#observer.forgetAllBut(new Set(ledger.mirror.rollouts.keys()));
    for (const rollout of ledger.mirror.rollouts.values()) {
      try {
        await this.#advance(rollout);
      } catch (err) {
        if (this.#leading.term.isCurrent()) this.#log.warn({ err, rollout: rollout.plan.id }, 'rollout could not be advanced');
      }
    }
  }

  /** A granted slot goes with its lease, of which nobody tells: it is looked for. */
  #readSlotsAgain(): void {
    const { clock, ledger, settings } = this.#leading;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#slotsReadMs < settings.tickMs) return;
    if (![...ledger.mirror.slots.values()].some((slot) => slot.state === 'granted')) return;
    this.#slotsReadMs = nowMs;
    this.#inBackground('slots', 'slots could not be read', () => ledger.refreshSlots());
  }

  async #advance(rollout: RolloutRecords): Promise<void> {
    const actions = nextActions(this.#observer.situation(rollout));
    const assignments = actions.filter((action) => action.kind === 'assign');
    if (assignments.length > 0) await this.#assign(rollout, assignments);
    for (const action of actions) this.#do(rollout, action);
  }

  #do(rollout: RolloutRecords, action: RolloutAction): void {
    const { ledger, link } = this.#leading;
    const { id } = rollout.plan;
    switch (action.kind) {
      case 'assign':
        return;
      case 'repeat-assign':
        this.#send('assign', action.operation, () => this.#sendAssignment(rollout, action.uid, action.operation));
        return;
      case 'repeat-grant':
        this.#send('grant', action.operation, () => {
          const slot = ledger.mirror.slots.get(action.uid);
          if (slot?.state === 'granted' && slot.operation === action.operation) link.grant(action.uid, action.operation, slot.token);
        });
        return;
      case 'cancel':
        this.#send('cancel', action.operation, () => link.cancel(action.uid, action.operation, action.reason));
        return;
      case 'grant':
        this.#ask(action.operation, async (signal) => {
          const answer = await this.#protocol.grant(id, action.uid, action.operation, signal);
          const slot = ledger.mirror.slots.get(action.uid);
          if (answer.isYes && slot?.operation === action.operation) {
            this.#send('grant', action.operation, () => link.grant(action.uid, action.operation, slot.token));
          }
          return answer;
        });
        return;
      case 'free':
        this.#ask(action.operation, (signal) =>
          this.#protocol.free(action.uid, action.operation, action.settlement, action.message, signal),
        );
        return;
      case 'settle':
        this.#inBackground(`settle ${id} ${action.uid}`, 'step could not be settled', () => this.#settle(id, action));
        return;
      case 'pause':
        this.#inBackground(`state ${id}`, 'rollout could not be paused', () => this.#pause(id, action.reason));
        return;
      case 'end':
        this.#inBackground(`state ${id}`, 'rollout could not be ended', () => this.#end(id, action.state));
        return;
      case 'wait':
        return;
    }
  }

  /** Makes the operations of many steps in few transactions, then sends them. */
  async #assign(rollout: RolloutRecords, actions: readonly ActionOf<'assign'>[]): Promise<void> {
    const { clock, ledger, randomUuid } = this.#leading;
    await this.#package(rollout.plan.spec.package);
    const { id } = rollout.plan;
    const records = actions.map(({ uid }): StepRecord => ({
      rollout: id,
      uid,
      state: 'staging',
      operation: newId('op', clock.wallMs(), randomUuid()),
      attempt: rollout.state.attempt,
      message: '',
      outcome: undefined,
      beganAt: undefined,
      endedAt: undefined,
      outputTail: '',
    }));
    await ledger.writeSteps(
      records.flatMap((record): RecordChange[] => [
        { of: 'step', record },
        { of: 'operation', id: record.operation, rollout: id, uid: record.uid },
      ]),
    );
    for (const { uid, operation } of records) this.#send('assign', operation, () => this.#sendAssignment(rollout, uid, operation));
  }

  #sendAssignment({ plan }: RolloutRecords, uid: string, operation: string): void {
    const digest = plan.spec.package;
    const known = this.#packages.get(digest);
    if (known === undefined) {
      this.#inBackground(`package ${digest}`, 'package could not be read', () => this.#package(digest));
      this.#sentMs.delete(`assign ${operation}`);
      return;
    }
    this.#leading.link.assign(uid, {
      operation,
      packageDigest: digest,
      packageSizeBytes: known.sizeBytes,
      manifestHash: known.manifestHash,
    });
  }

  async #package(digest: string): Promise<void> {
    if (this.#packages.has(digest)) return;
    const entry = await this.#leading.etcd.get(keys.package(digest));
    if (entry !== undefined) this.#packages.set(digest, parseRecord(packageSchema, entry));
  }

  async #settle(rollout: string, action: ActionOf<'settle'>): Promise<void> {
    const { clock, ledger } = this.#leading;
    await ledger.commit((mirror) => {
      const step = mirror.rollouts.get(rollout)?.steps.get(action.uid);
      const record = step ?? unsentStep(rollout, action.uid, mirror.rollouts.get(rollout)?.state.attempt ?? 1);
      if (record.state === action.settlement && record.message === action.message) return NOTHING;
      return {
        changes: [{ of: 'step', record: settledStep(record, action.settlement, action.message, clock.wallMs()) }],
        audit: {
          actor: 'coordinator',
          action: 'steps.settle',
          resource: `rollouts/${rollout}/steps/${action.uid}`,
          message: `${action.settlement}: ${action.message}`,
        },
        result: undefined,
      };
    });
  }

  async #pause(rollout: string, reason: string): Promise<void> {
    await this.#leading.ledger.commit((mirror) => {
      const state = mirror.rollouts.get(rollout)?.state;
      if (state?.state !== 'running') return NOTHING;
      return {
        changes: [{ of: 'rollout-state', id: rollout, record: { ...state, state: 'paused', reason } }],
        audit: { actor: 'coordinator', action: 'rollouts.pause', resource: `rollouts/${rollout}`, message: reason },
        result: undefined,
      };
    });
    this.#log.warn({ rollout, reason }, 'rollout paused');
  }

  async #end(rollout: string, end: 'succeeded' | 'aborted'): Promise<void> {
    const { clock, ledger } = this.#leading;
    await ledger.commit((mirror) => {
      const state = mirror.rollouts.get(rollout)?.state;
      const isExpected = end === 'succeeded' ? state?.state === 'running' : state?.state === 'aborted';
      if (state === undefined || !isExpected || state.endedAt !== undefined) return NOTHING;
      const reason = end === 'succeeded' ? '' : state.reason;
      return {
        changes: [{ of: 'rollout-state', id: rollout, record: { ...state, state: end, reason, endedAt: clock.wallMs() } }],
        audit: { actor: 'coordinator', action: 'rollouts.end', resource: `rollouts/${rollout}`, message: end },
        result: undefined,
      };
    });
    this.#log.info({ rollout, state: end }, 'rollout ended');
  }

  /** Sends unless the same was sent a moment ago. */
  #send(kind: string, operation: string, send: () => void): void {
    const key = `${kind} ${operation}`;
    const nowMs = this.#leading.clock.monotonicMs();
    const lastMs = this.#sentMs.get(key);
    if (lastMs !== undefined && nowMs - lastMs < this.#leading.settings.repeatMs) return;
    if (this.#sentMs.size > 50_000) this.#sentMs.clear();
    this.#sentMs.set(key, nowMs);
    send();
  }

  /** One question at a time for each operation; a no is kept to be shown and not to be asked again at once. */
  #ask(operation: string, question: (signal: AbortSignal) => Promise<Answer>): void {
    this.#inBackground(operation, 'operation could not be brought further', async () => {
      try {
        const answer = await question(this.#leading.term.signal);
        if (answer.isYes) this.#observer.allow(operation);
        else this.#observer.refuse(operation, answer.reason);
      } catch (thrown) {
        this.#observer.refuse(operation, toUvsError(thrown).message);
        throw thrown;
      }
    });
  }

  #inBackground(key: string, trouble: string, work: () => Promise<void>): void {
    if (this.#busy.has(key)) return;
    this.#busy.add(key);
    const run = async (): Promise<void> => {
      try {
        await work();
      } catch (err) {
        if (this.#leading.term.isCurrent()) this.#log.warn({ err, about: key }, trouble);
      } finally {
        this.#busy.delete(key);
        this.#moved.resolve();
      }
    };
    void run();
  }
}

function unsentStep(rollout: string, uid: string, attempt: number): StepRecord {
  return {
    rollout,
    uid,
    state: 'pending',
    operation: '',
    attempt,
    message: '',
    outcome: undefined,
    beganAt: undefined,
    endedAt: undefined,
    outputTail: '',
  };
}
