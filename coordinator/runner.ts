import { setTimeout as delay } from 'node:timers/promises';
import { toUvsError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { forgetOldRollouts } from './core/history.ts';
import { endAdoption } from './core/adoption.ts';
import { isPrepared, type DrainKeeper } from './core/drains.ts';
import { isConnected, type Leading } from './core/leading.ts';
import type { RolloutObserver } from './core/rollout-observer.ts';
import { abortRollout, endRollout, pauseRollout, settleStep, writeAssignments } from './core/rollout-transactions.ts';
import type { Answer, SlotProtocol } from './core/slot-protocol.ts';
import type { PackageRecord } from './domain.ts';
import { hasRelease } from './fits.ts';
import { unheardNodes } from './hold.ts';
import { leftovers } from './leftovers.ts';
import { digestOf } from './goal.ts';
import { nextActions, type RolloutAction } from './rollout.ts';
import { slotDuties } from './slot-duties.ts';
import { keys } from './state/keys.ts';
import { isSettled, type RolloutRecords } from './state/mirror.ts';
import { parseRecord } from './state/parse.ts';
import { packageSchema } from './state/records.ts';

type ActionOf<Kind extends RolloutAction['kind']> = Extract<RolloutAction, { kind: Kind }>;

/**
 * What agents say is gathered for at least this, and so long that passes take a fifth of the time at most: ten thousand of them are never
 * silent. Transactions are not waited with: they are few, and each is somebody's turn.
 */
const LEAST_PAUSE_MS = 5;
const PAUSE_PER_PASS = 4;
/** Whatever happens, there is this much between two passes: one that wants what is done already would starve everything else. */
const BREATH_MS = 1;

export interface RunnerOptions {
  readonly leading: Leading;
  readonly protocol: SlotProtocol;
  readonly observer: RolloutObserver;
  readonly drains: DrainKeeper;
  readonly log: Logger;
}

/**
 * The leader's loop: looks at every open rollout, asks `nextActions` what to do, does it. It wakes when an agent says something or a
 * transaction was made, and at each tick. It keeps nothing that may not be lost: a new leader's runner goes on from what etcd holds.
 */
export class Runner {
  readonly #leading: Leading;
  readonly #protocol: SlotProtocol;
  readonly #observer: RolloutObserver;
  readonly #drains: DrainKeeper;
  readonly #log: Logger;
  readonly #listeners = new Set<() => void>();
  /** Operations with a question under way, and rollouts with a transaction of their own. */
  readonly #busy = new Set<string>();
  /** When which command was last sent to an agent. */
  readonly #sentMs = new Map<string, number>();
  readonly #packages = new Map<string, PackageRecord>();
  /** Nodes that said something since the last pass. */
  readonly #spoke = new Set<string>();
  /** An agent said something. */
  #heard = Promise.withResolvers<void>();
  /** A transaction was made, or a question answered. */
  #moved = Promise.withResolvers<void>();
  /** Operations for which a slot is being asked for. */
  readonly #granting = new Set<string>();
  #slotsReadMs = Number.NEGATIVE_INFINITY;
  /** The adoption that goes on, and since when this leader knows of it. */
  #adoption: { readonly epoch: string; readonly sinceMs: number } | undefined;

  constructor({ leading, protocol, observer, drains, log }: RunnerOptions) {
    this.#leading = leading;
    this.#protocol = protocol;
    this.#observer = observer;
    this.#drains = drains;
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
    using _link = link.onChange((uid) => {
      this.#spoke.add(uid);
      this.#heard.resolve();
    });
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
      await delay(BREATH_MS);
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
    this.#cancelLeftovers();
    this.#doDuties();
    this.#restoreDrains();
    this.#endAdoption();
  }

  #doDuties(): void {
    const { ledger, link } = this.#leading;
    for (const duty of slotDuties(ledger.mirror.slots.values(), ledger.mirror.rollouts)) {
      const { uid, operation } = duty;
      if (duty.kind === 'revoke') {
        this.#send('revoke', operation, () => link.revoke(uid, operation, duty.token, duty.reason));
        continue;
      }
      if (this.#wasRefusedJustNow(operation)) continue;
      if (isConnected(this.#leading, uid)) this.#ask(operation, (signal) => this.#protocol.free(uid, operation, undefined, signal));
    }
  }

  /** After an adoption nodes are waited for until each has told what it holds; then grants go on. */
  #endAdoption(): void {
    const { ledger, link, clock } = this.#leading;
    const { mirror } = ledger;
    if (!mirror.ledger.isAdopting) {
      this.#adoption = undefined;
      return;
    }
    // it may be adopted again before all have told
    if (this.#adoption?.epoch !== mirror.epoch) this.#adoption = { epoch: mirror.epoch, sinceMs: clock.monotonicMs() };
    const { sinceMs } = this.#adoption;
    const unheard = unheardNodes(mirror.ledger, mirror.nodes.values(), mirror.epoch);
    for (const { uid } of unheard) {
      // what it said before the adoption was of another epoch: it is to say it again
      const live = link.live(uid);
      if (live !== undefined && live.openedMs < sinceMs) link.reintroduce(uid);
    }
    if (unheard.length === 0) this.#inBackground('adoption', 'the adoption could not be ended', () => endAdoption(this.#leading));
  }

  /** Once a node has spoken and the mirror knows every open rollout, whatever it holds ready besides theirs is withdrawn. */
  #cancelLeftovers(): void {
    const { ledger, link } = this.#leading;
    // an etcd that was put back does not know what is wanted
    if (ledger.mirror.ledger.hold !== undefined) this.#spoke.clear();
    for (const uid of this.#spoke) {
      const live = link.live(uid);
      if (live === undefined || live.openOperations.length === 0) continue;
      const wanted = new Set<string>();
      const slot = ledger.mirror.slots.get(uid);
      if (slot !== undefined) wanted.add(slot.operation);
      for (const { steps } of ledger.mirror.rollouts.values()) {
        const step = steps.get(uid);
        if (step !== undefined && !isSettled(step)) wanted.add(step.operation);
      }
      for (const operation of leftovers(live, wanted)) {
        this.#send('cancel', operation, () => link.cancel(uid, operation, 'no open rollout wants it any more'));
      }
    }
    this.#spoke.clear();
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
    // what is asked for others would be lost with the leadership
    const isOwn = (action: RolloutAction): boolean => action.kind === 'grant' && this.#isOwnMachine(action.uid);
    for (const action of actions.toSorted((one, other) => Number(isOwn(one)) - Number(isOwn(other)))) this.#do(rollout, action);
  }

  #do(rollout: RolloutRecords, action: RolloutAction): void {
    const { link } = this.#leading;
    const { id } = rollout.plan;
    switch (action.kind) {
      case 'assign':
        return;
      case 'repeat-assign':
        this.#send('assign', action.operation, () => this.#sendAssignment(rollout, action.uid, action.operation));
        return;
      case 'repeat-grant':
        this.#tellGrant(action.uid, action.operation);
        return;
      case 'cancel':
        this.#send('cancel', action.operation, () => link.cancel(action.uid, action.operation, action.reason));
        return;
      case 'grant':
        return this.#grant(id, action);
      case 'free':
        this.#ask(action.operation, (signal) => this.#protocol.free(action.uid, action.operation, action, signal));
        return;
      case 'settle':
        this.#inBackground(`settle ${id} ${action.uid}`, 'step could not be settled', () => settleStep(this.#leading, id, action));
        return;
      case 'pause':
        this.#inBackground(`state ${id}`, 'rollout could not be paused', async () => {
          await pauseRollout(this.#leading, id, action.reason);
          this.#log.warn({ rollout: id, reason: action.reason }, 'rollout paused');
        });
        return;
      case 'abort':
        this.#inBackground(`state ${id}`, 'rollout could not be aborted', async () => {
          await abortRollout(this.#leading, id, action.reason);
          this.#log.warn({ rollout: id, reason: action.reason }, 'rollout aborted');
        });
        return;
      case 'end':
        this.#inBackground(`state ${id}`, 'rollout could not be ended', async () => {
          await endRollout(this.#leading, id, action.state);
          this.#log.info({ rollout: id, state: action.state }, 'rollout ended');
          this.#inBackground('history', 'old rollouts could not be forgotten', async () => {
            await forgetOldRollouts(this.#leading.etcd, this.#leading.ledger);
          });
        });
        return;
      case 'wait':
        return;
    }
  }

  /** Tells a node of its grant once all is set that gates want; prepares that first where an earlier leader, or try, has not. */
  #tellGrant(uid: string, operation: string): void {
    const { ledger, link } = this.#leading;
    if (!isPrepared(this.#leading, ledger.mirror, uid, operation)) {
      if (!this.#wasRefusedJustNow(operation)) this.#ask(operation, () => this.#prepareAndTell(uid, operation));
      return;
    }
    this.#send('grant', operation, () => {
      const slot = ledger.mirror.slots.get(uid);
      if (slot?.state === 'granted' && slot.operation === operation) link.grant(uid, operation, slot.token);
    });
  }

  async #prepareAndTell(uid: string, operation: string): Promise<Answer> {
    const { ledger, drainGates } = this.#leading;
    if (drainGates.length > 0) await this.#drains.prepare(uid, operation);
    if (isPrepared(this.#leading, ledger.mirror, uid, operation)) this.#tellGrant(uid, operation);
    return { isYes: true, reason: '' };
  }

  #restoreDrains(): void {
    for (const uid of this.#drains.due()) {
      this.#inBackground(`drain ${uid}`, 'what was set for a node could not be taken back yet', () => this.#drains.restore(uid));
    }
  }

  #wasRefusedJustNow(operation: string): boolean {
    const { clock, settings } = this.#leading;
    const refusedMs = this.#observer.refusedMs(operation);
    return refusedMs !== undefined && clock.monotonicMs() - refusedMs < settings.retryMs;
  }

  #grant(rollout: string, action: ActionOf<'grant'>): void {
    const { uid, operation } = action;
    if (this.#givesAwayBefore(rollout, action)) return;
    this.#ask(operation, async (signal) => {
      this.#granting.add(operation);
      try {
        const answer = await this.#protocol.grant(rollout, uid, operation, signal);
        return answer.isYes ? await this.#prepareAndTell(uid, operation) : answer;
      } finally {
        this.#granting.delete(operation);
      }
    });
  }

  #isOwnMachine(uid: string): boolean {
    const { handOver, ledger } = this.#leading;
    return ledger.mirror.nodes.get(uid)?.hostname === handOver.nodeName;
  }

  /**
   * Before its own machine is disturbed the leader makes room for another coordinator, which grants the slot then: with nothing else being
   * granted, and only for what is not known to be refused, or the leadership would go round.
   */
  #givesAwayBefore(rollout: string, { uid, operation }: ActionOf<'grant'>): boolean {
    const { handOver, ledger, term } = this.#leading;
    if (!this.#isOwnMachine(uid) || !handOver.isDueBefore(operation, ledger.mirror.members.size)) return false;
    if (handOver.isUnderWay || this.#granting.size > 0) return true;
    if (this.#protocol.refusesGrant(rollout, uid, operation)) return false;
    handOver.begin(operation);
    this.#log.info({ node: handOver.nodeName }, 'the leadership is given away before the machine of this coordinator is disturbed');
    this.#inBackground('hand-over', 'the leadership could not be given away', () => term.resign());
    return true;
  }

  /** Makes the operations of many steps in few transactions, then sends them. */
  async #assign(rollout: RolloutRecords, actions: readonly ActionOf<'assign'>[]): Promise<void> {
    const digest = digestOf(rollout.plan.spec);
    if (digest !== undefined) await this.#package(digest);
    const lacking: string[] = [];
    for (const { uid } of actions) {
      if (digest !== undefined && this.#hasAlready(uid, digest)) this.#passOver(rollout, uid);
      else lacking.push(uid);
    }
    const records = await writeAssignments(this.#leading, rollout, lacking);
    for (const { uid, operation } of records) this.#send('assign', operation, () => this.#sendAssignment(rollout, uid, operation));
  }

  /** It came there from its console, or under a slot that etcd has forgotten: the agent would refuse it. */
  #hasAlready(uid: string, digest: string): boolean {
    const { link } = this.#leading;
    const pkg = this.#packages.get(digest);
    const installed = link.live(uid)?.facts.installed;
    return pkg !== undefined && installed !== undefined && hasRelease(installed, pkg);
  }

  #passOver({ plan: { id, version } }: RolloutRecords, uid: string): void {
    const settled = { uid, settlement: 'skipped', message: `already has ${version}` } as const;
    this.#inBackground(`settle ${id} ${uid}`, 'step could not be settled', () => settleStep(this.#leading, id, settled));
  }

  #sendAssignment({ plan }: RolloutRecords, uid: string, operation: string): void {
    const { goal } = plan.spec;
    if (goal.kind !== 'release') {
      this.#leading.link.assign(uid, { operation, action: goal });
      return;
    }
    const digest = goal.package;
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
      rollBackAfterMs: plan.spec.rollBackAfterMs,
    });
  }

  async #package(digest: string): Promise<void> {
    if (this.#packages.has(digest)) return;
    const entry = await this.#leading.etcd.get(keys.package(digest));
    if (entry !== undefined) this.#packages.set(digest, parseRecord(packageSchema, entry));
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
