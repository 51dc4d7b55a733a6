import { UvsError } from '../../common/errors.ts';
import type { NodeFacts } from '../../common/facts.ts';
import { isSameToken, type SlotToken } from '../../common/slot-token.ts';
import { mayDisturb } from '../budget.ts';
import { firstNo } from '../gates/ask.ts';
import type { HeldSlot, NodeRecord, PackageRecord, SlotRecord, StepRecord } from '../domain.ts';
import { digestOf } from '../goal.ts';
import type { GateMoment, HealthAnswer } from '../ports.ts';
import type { Settlement } from '../rollout-step.ts';
import type { HealthVerdict } from '../core.ts';
import { keys } from '../state/keys.ts';
import { slotAfter } from '../slot-machine.ts';
import { heldSlot, type Mirror, type RolloutRecords } from '../state/mirror.ts';
import { parseRecord } from '../state/parse.ts';
import type { RecordChange } from '../state/record-change.ts';
import { packageSchema, slotSchema } from '../state/records.ts';
import { isPrepared } from './drains.ts';
import { begunMark, countNow, gateQuestion, statusOf, type Leading } from './leading.ts';
import { doubted, endedDecision, misfit, type EndedReport } from './slot-ended.ts';
import { settledStep, slotRecord, slotUnchanged } from './slot-records.ts';

export interface Answer {
  readonly isYes: boolean;
  readonly reason: string;
}

const YES: Answer = { isYes: true, reason: '' };

/**
 * A gate's answer is asked for again if a slot began or ended meanwhile; after so many times the answer is no. In a parallel rollout many
 * begin at once, and a no to "begin" costs the node its staging: the asker's deadline should come first.
 */
const GATE_ROUNDS = 30;

/** The begun set changed while the gates were asked. */
const AGAIN = Symbol('again');

/** The slot protocol's transactions: free → granted → begun → ended → free (docs/ARCHITECTURE.md, "The slot protocol"). */
export class SlotProtocol {
  readonly #leading: Leading;

  constructor(leading: Leading) {
    this.#leading = leading;
  }

  /** Grants on a lease of its own, if budget, gates and the rollout allow it. */
  async grant(rollout: string, uid: string, operation: string, signal: AbortSignal): Promise<Answer> {
    const { etcd, ledger, settings, clock } = this.#leading;
    const early = this.#mayGrant(ledger.mirror, rollout, uid, operation);
    if (early !== undefined) return no(early);
    return this.#throughGates('before-grant', uid, rollout, signal, async (mark) => {
      const lease = await etcd.leaseGrant(settings.slotTtlSeconds);
      const answer = await ledger.commit<Answer | typeof AGAIN>((mirror) => {
        const refusal = this.#mayGrant(mirror, rollout, uid, operation);
        if (refusal !== undefined) return { nothing: true, result: no(refusal) };
        if (begunMark(mirror, uid) !== mark) return { nothing: true, result: AGAIN };
        const node = demandNode(mirror, uid);
        const slot: SlotRecord = {
          uid,
          state: 'granted',
          operation,
          rollout,
          grantedAt: clock.wallMs(),
          beganAt: undefined,
          bootId: this.#leading.link.live(uid)?.facts.bootId ?? '',
          outcome: undefined,
          outcomeMessage: undefined,
          revocation: undefined,
          epoch: mirror.epoch,
          rebuiltRevision: undefined,
          removedNode: undefined,
        };
        return {
          compares: [{ on: 'create', key: keys.slot(uid), equals: 0 }],
          changes: [{ of: 'slot', record: slot, lease: lease.id }],
          audit: audit('slots.grant', uid, `${operation} of ${rollout} on ${node.hostname}`),
          result: YES,
        };
      });
      if (answer === AGAIN || !answer.isYes) await etcd.leaseRevoke(lease.id).catch(() => undefined);
      return answer;
    });
  }

  /** Answers a node that is about to disturb itself; what was true at the grant is asked again. */
  async begin(uid: string, operation: string, token: SlotToken, signal: AbortSignal): Promise<Answer> {
    const { ledger, clock } = this.#leading;
    const early = this.#mayBegin(ledger.mirror, uid, operation, token);
    // what the mirror does not know may still be so: etcd decides
    if (early !== undefined) return early.isYes ? this.confirm(uid, operation, token) : early;
    const rollout = ledger.mirror.slots.get(uid)?.rollout;
    return this.#throughGates('before-begin', uid, rollout, signal, (mark, notes) =>
      ledger.commit<Answer | typeof AGAIN>(async (mirror) => {
        const answer = this.#mayBegin(mirror, uid, operation, token);
        if (answer?.isYes === true) return { nothing: true, result: await this.confirm(uid, operation, token) };
        if (answer !== undefined) return { nothing: true, result: answer };
        if (begunMark(mirror, uid) !== mark) return { nothing: true, result: AGAIN };
        const slot = demandSlot(mirror, uid);
        const { step } = demandStep(mirror, slot);
        const beganAt = clock.wallMs();
        const bootId = this.#leading.link.live(uid)?.facts.bootId ?? slot.bootId;
        const drain = mirror.drains.get(uid);
        return {
          compares: slotUnchanged(slot),
          changes: [
            // the same key without its lease: no time frees it from here on
            { of: 'slot', record: { ...slotRecord(slot), state: 'begun', beganAt, bootId }, lease: undefined },
            { of: 'step', record: { ...step, state: 'begun', beganAt, message: '' } },
            ...(drain === undefined ? [] : [{ of: 'drain' as const, record: { ...drain, notes } }]),
          ],
          audit: audit('slots.begin', uid, `${operation} of ${slot.rollout}`),
          isPromise: true,
          result: YES,
        };
      }),
    );
  }

  /** Asks etcd itself whether the node has begun with this token, which alone is a yes to go on. */
  async confirm(uid: string, operation: string, token: SlotToken): Promise<Answer> {
    const { etcd, ledger, link } = this.#leading;
    const entry = await etcd.get(keys.slot(uid));
    // read after etcd was: what it was restored to may be anything
    const { epoch, ledger: decided } = ledger.mirror;
    if (decided.hold !== undefined) return no(decided.hold.reason);
    const quarantine = link.live(uid)?.quarantineReason;
    if (quarantine !== undefined) return no(quarantine);
    if (entry === undefined) return no('the node holds no slot');
    const slot = heldSlot(parseRecord(slotSchema, entry), epoch, entry.createRevision, entry.modRevision);
    if (token.epoch !== epoch) return no('the token is of another epoch of the cluster');
    if (!isSameToken(token, slot.token) || slot.operation !== operation) return no("the token is not the one of the node's slot");
    return slot.state === 'begun' ? YES : no(describeNotBegun(slot));
  }

  /**
   * Judges a node that has begun by what would free it: evidence asked for now, and the gates. Changes nothing.
   * @throws UNREACHABLE, DEADLINE_EXCEEDED from the probe
   */
  async judge(uid: string, operation: string, token: SlotToken, signal: AbortSignal): Promise<HealthVerdict> {
    const { ledger, link, settings } = this.#leading;
    const held = await this.confirm(uid, operation, token);
    if (!held.isYes) return { verdict: 'undecided', reason: held.reason };
    const { failedServices } = await link.probe(uid, AbortSignal.any([signal, AbortSignal.timeout(settings.probeDeadlineMs)]));
    if (failedServices.length > 0) return { verdict: 'unhealthy', reason: `not running: ${failedServices.join(', ')}` };
    const rollout = ledger.mirror.slots.get(uid)?.rollout;
    const { isYes, reason } = await this.#throughGates('after', uid, rollout, signal, () => Promise.resolve(YES));
    return { verdict: isYes ? 'healthy' : 'unhealthy', reason };
  }

  /** Takes note that the agent will act no more on the operation; repeating it changes nothing. @throws TOKEN_INVALID */
  async ended(uid: string, report: EndedReport): Promise<void> {
    const { ledger, clock, link } = this.#leading;
    // whoever has forgotten what it began can't say how it ended
    const believed = link.live(uid)?.forgottenOperation === report.operation ? doubted(report) : report;
    await ledger.commit((mirror) => endedDecision(mirror, uid, believed, clock.wallMs()));
  }

  /**
   * Frees an ended slot: only with evidence of health, and of the release if one was installed, that was asked for after the end, and the
   * gates' yes. A slot that no open rollout wants has no settlement.
   * @throws UNREACHABLE, DEADLINE_EXCEEDED from the probe
   */
  async free(
    uid: string,
    operation: string,
    settled: { readonly settlement: Settlement; readonly message: string } | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { ledger, link, settings } = this.#leading;
    const held = ledger.mirror.slots.get(uid);
    if (held?.state !== 'ended' || held.operation !== operation) return no('the slot has not ended');
    const quarantine = link.live(uid)?.quarantineReason;
    if (quarantine !== undefined) return no(quarantine);
    const evidence = await link.probe(uid, AbortSignal.any([signal, AbortSignal.timeout(settings.probeDeadlineMs)]));
    if (evidence.failedServices.length > 0) return no(`not running: ${evidence.failedServices.join(', ')}`);
    // the end of a slot that was made anew is as its agent remembers it
    const wrong = held.outcome === undefined ? undefined : misfit(ledger.mirror, uid, held.rollout, held.outcome);
    if (wrong !== undefined) return no(wrong);
    const missing = held.outcome === 'installed' ? await this.#missing(held, evidence.facts) : this.#unproven(held, evidence);
    if (missing !== undefined) return no(missing);
    return this.#throughGates('after', uid, held.rollout, signal, (mark) =>
      ledger.commit<Answer | typeof AGAIN>((mirror) => {
        const slot = mirror.slots.get(uid);
        const isSame = slot?.state === 'ended' && slot.token.createRevision === held.token.createRevision && slot.outcome === held.outcome;
        if (!isSame || slot.outcome === 'needs-operator') return { nothing: true, result: no('the slot has changed') };
        if (begunMark(mirror, uid) !== mark) return { nothing: true, result: AGAIN };
        const step: RecordChange[] = [];
        if (settled !== undefined) {
          const found = demandStep(mirror, slot);
          const wallMs = this.#leading.clock.wallMs();
          step.push({ of: 'step', record: settledStep(found.step, found.rollout.state, settled.settlement, settled.message, wallMs) });
        }
        return {
          compares: slotUnchanged(slot),
          changes: [{ of: 'slot-gone', uid }, ...step],
          audit: audit('slots.free', uid, `${operation} ${slot.outcome ?? ''}`),
          result: YES,
        };
      }),
    );
  }

  /** Says what a node that has reported a release as installed lacks of it when it is asked; done means done (promise 4). */
  async #missing(slot: HeldSlot, facts: NodeFacts): Promise<string | undefined> {
    const { etcd, ledger } = this.#leading;
    const rollout = ledger.mirror.rollouts.get(slot.rollout);
    // made anew from what the agent holds: nobody knows what it was to bring
    if (rollout === undefined) return undefined;
    const digest = digestOf(rollout.plan.spec);
    const entry = digest === undefined ? undefined : await etcd.get(keys.package(digest));
    if (entry === undefined) return `the package of ${slot.rollout} is not on record any more`;
    const pkg = parseRecord(packageSchema, entry);
    // after a restore the end of an older release may be told again: what has followed it is there instead
    const isThere = (component: string, { epoch, releaseSeq }: PackageRecord['components'][string]): boolean =>
      facts.installed.some(
        (release) =>
          release.component === component &&
          (release.manifestHash === pkg.manifestHash || (release.epoch - epoch || release.releaseSeq - releaseSeq) > 0),
      );
    const lacking = Object.entries(pkg.components).flatMap(([component, order]) => (isThere(component, order) ? [] : [component]));
    return lacking.length === 0 ? undefined : `reported ${pkg.version} as installed and does not show it: ${lacking.join(', ')}`;
  }

  /** Says what speaks against a node that has reported an action as done: after a reboot another boot runs than the one that it began in. */
  #unproven(slot: HeldSlot, { bootId }: HealthAnswer): string | undefined {
    const kind = this.#leading.ledger.mirror.rollouts.get(slot.rollout)?.plan.spec.goal.kind;
    if (slot.outcome !== 'done' || kind !== 'reboot' || bootId !== slot.bootId) return undefined;
    return 'reported its reboot as done and still runs the same boot';
  }

  /** Whether a slot would be refused now for a reason that is known without asking the gates. */
  refusesGrant(rollout: string, uid: string, operation: string): boolean {
    return this.#mayGrant(this.#leading.ledger.mirror, rollout, uid, operation) !== undefined;
  }

  /** Whether a node asks for a begin that it has not got yet, and nothing that is known without asking the gates refuses it. */
  isToBegin(uid: string, operation: string, token: SlotToken): boolean {
    return this.#mayBegin(this.#leading.ledger.mirror, uid, operation, token) === undefined;
  }

  /** @returns why not; undefined: it may. */
  #mayGrant(mirror: Mirror, rollout: string, uid: string, operation: string): string | undefined {
    const records = mirror.rollouts.get(rollout);
    const node = mirror.nodes.get(uid);
    if (records?.state.state !== 'running') return `the rollout is ${records?.state.state ?? 'over'}`;
    if (node === undefined) return 'the node has left the cluster';
    if (records.steps.get(uid)?.operation !== operation) return 'the step has another operation by now';
    const held = mirror.slots.get(uid);
    if (held !== undefined) return `the node holds a slot for ${held.operation}`;
    return this.#budgetRefusal(mirror, records, node);
  }

  /** @returns undefined where everything allows it that is known here; a yes where it has begun already. */
  #mayBegin(mirror: Mirror, uid: string, operation: string, token: SlotToken): Answer | undefined {
    const slot = mirror.slots.get(uid);
    if (slot === undefined) return no('the node holds no slot: the grant has ended');
    if (slot.operation !== operation) return no(`the slot is for ${slot.operation}`);
    if (token.epoch !== mirror.epoch) return no('the token is of another epoch of the cluster');
    if (!isSameToken(token, slot.token)) return no('the token is of an earlier grant');
    if (slot.state === 'begun') return YES;
    if (slotAfter(slot.state, 'begin') === undefined) return no(describeNotBegun(slot));
    const records = mirror.rollouts.get(slot.rollout);
    if (records?.state.state !== 'running') return no(`the rollout is ${records?.state.state ?? 'over'}`);
    if (records.steps.get(uid)?.operation !== operation) return no('the step has another operation by now');
    if (!isPrepared(this.#leading, mirror, uid, operation)) return no('what the gates want set for it is not set yet');
    const refusal = this.#budgetRefusal(mirror, records, demandNode(mirror, uid));
    return refusal === undefined ? undefined : no(refusal);
  }

  #budgetRefusal(mirror: Mirror, { plan }: RolloutRecords, node: NodeRecord): string | undefined {
    const candidate = { node, status: statusOf(this.#leading, node, undefined) };
    const asking = { rollout: plan.id, mode: plan.spec.mode, budget: plan.spec.budget };
    const verdict = mayDisturb(countNow(this.#leading, mirror), candidate, asking);
    return verdict.isYes ? undefined : verdict.message;
  }

  async #throughGates(
    moment: GateMoment,
    uid: string,
    rollout: string | undefined,
    signal: AbortSignal,
    act: (mark: string, notes: Readonly<Record<string, string>>) => Promise<Answer | typeof AGAIN>,
  ): Promise<Answer> {
    const { gates, ledger } = this.#leading;
    for (let round = 0; round < GATE_ROUNDS; round += 1) {
      const { mirror } = ledger;
      const mark = begunMark(mirror, uid);
      const spec = rollout === undefined ? undefined : mirror.rollouts.get(rollout)?.plan.spec;
      const answers = await gates.ask(gateQuestion(this.#leading, mirror, moment, demandNode(mirror, uid), spec), signal);
      const refusal = firstNo(answers);
      if (refusal !== undefined) return no(refusal);
      const notes = Object.fromEntries(answers.flatMap(({ name, note }) => (note === undefined ? [] : [[name, note]])));
      const answer = await act(mark, notes);
      if (answer !== AGAIN) return answer;
    }
    return no('other nodes began and ended while the gates were asked');
  }
}

function no(reason: string): Answer {
  return { isYes: false, reason };
}

function describeNotBegun({ state, revocation }: HeldSlot): string {
  switch (state) {
    case 'granted':
      return 'the slot is granted and has not begun';
    case 'begun':
      return 'the slot has begun';
    case 'ended':
      return 'the operation has ended';
    case 'revoked':
    case 'quarantined':
      return `the slot was taken back by ${revocation?.by ?? 'an operator'}: ${revocation?.reason ?? 'no reason was given'}`;
    default:
      return state satisfies never;
  }
}

function audit(action: string, uid: string, message: string) {
  return { actor: 'coordinator', action, resource: `nodes/${uid}`, message };
}

function demandNode(mirror: Mirror, uid: string): NodeRecord {
  const node = mirror.nodes.get(uid);
  if (node === undefined) throw new UvsError('NOT_FOUND', `there is no node ${uid}`);
  return node;
}

function demandSlot(mirror: Mirror, uid: string): HeldSlot {
  const slot = mirror.slots.get(uid);
  if (slot === undefined) throw new UvsError('TOKEN_INVALID', `node ${uid} holds no slot`);
  return slot;
}

function demandStep(mirror: Mirror, slot: HeldSlot): { rollout: RolloutRecords; step: StepRecord } {
  const rollout = mirror.rollouts.get(slot.rollout);
  const step = rollout?.steps.get(slot.uid);
  if (rollout === undefined || step === undefined)
    throw new UvsError('INTERNAL', `the slot of node ${slot.uid} is for ${slot.operation}, which no rollout has`);
  return { rollout, step };
}
