import { UvsError } from '../../common/errors.ts';
import { isSameToken, type SlotToken } from '../../common/slot-token.ts';
import type { HealthVerdict } from '../core.ts';
import type { HeldSlot, SlotRecord, StepRecord } from '../domain.ts';
import type { Part } from '../gate-cover.ts';
import { rolesThatCount } from '../roles.ts';
import type { Settlement } from '../rollout-step.ts';
import { keys } from '../state/keys.ts';
import { heldSlot, type Mirror, type RolloutRecords } from '../state/mirror.ts';
import { parseRecord } from '../state/parse.ts';
import type { RecordChange } from '../state/record-change.ts';
import { slotSchema } from '../state/records.ts';
import { no, YES, type Answer } from './answer.ts';
import { demandNode } from './find-node.ts';
import { FRESH_MS, GateLine, VOID } from './gate-line.ts';
import { refusalOfHealth, refusalSince, refusalToFree } from './health-evidence.ts';
import type { Leading } from './leading.ts';
import { renewGrant } from './renew-grant.ts';
import { describeNotBegun, type SlotAdmission } from './slot-admission.ts';
import { doubted, endedDecision, type EndedReport } from './slot-ended.ts';
import { settledStep, slotRecord, slotUnchanged } from './slot-records.ts';

/** The slot protocol's transactions: free → granted → begun → ended → free (docs/ARCHITECTURE.md, "The slot protocol"). */
export class SlotProtocol {
  readonly #leading: Leading;
  readonly #admission: SlotAdmission;
  readonly #grants: GateLine;
  readonly #begins: GateLine;
  /** Begins for which the gates are being asked, by operation and token: whoever asks again waits for the same answer. */
  readonly #beginning = new Map<string, Promise<Answer>>();

  constructor(leading: Leading, admission: SlotAdmission) {
    this.#leading = leading;
    this.#admission = admission;
    this.#grants = new GateLine(leading, 'before-grant');
    this.#begins = new GateLine(leading, 'before-begin');
  }

  /** Grants on a lease of its own, if budget, gates and the rollout allow it. */
  async grant(rollout: string, uid: string, operation: string, signal: AbortSignal): Promise<Answer> {
    const { etcd, ledger, timings, clock } = this.#leading;
    const early = this.#admission.refusalToGrant(ledger.mirror, rollout, uid, operation);
    if (early !== undefined) return no(early);
    return this.#grants.pass({ uid, operation, rollout }, signal, async ({ holds }) => {
      const lease = await etcd.leaseGrant(timings.slotTtlSeconds);
      const answer = await ledger.commit<Answer | typeof VOID>((mirror) => {
        const refusal = this.#admission.refusalToGrant(mirror, rollout, uid, operation);
        if (refusal !== undefined) return { nothing: true, result: no(refusal) };
        if (!holds(mirror)) return { nothing: true, result: VOID };
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
          roles: rolesThatCount(node, undefined),
          removedNode: undefined,
        };
        return {
          compares: [{ on: 'create', key: keys.slot(uid), equals: 0 }],
          changes: [{ of: 'slot', record: slot, lease: lease.id }],
          audit: audit('slots.grant', uid, `${operation} of ${rollout} on ${node.hostname}`),
          result: YES,
        };
      });
      if (answer === VOID || !answer.isYes) await etcd.leaseRevoke(lease.id).catch(() => undefined);
      return answer;
    });
  }

  /**
   * Answers a node that is about to disturb itself; what was true at the grant is asked again. The gates may take longer than the node waits for
   * an answer: they go on being asked, and whoever asks again meanwhile keeps his grant from lapsing and is told what comes of it.
   */
  async begin(uid: string, operation: string, token: SlotToken, signal: AbortSignal): Promise<Answer> {
    const { ledger } = this.#leading;
    const early = this.#admission.answerToBegin(ledger.mirror, uid, operation, token);
    // what the mirror does not know may still be so: etcd decides
    if (early !== undefined) return early.isYes ? this.confirm(uid, operation, token) : early;
    const name = `${operation} ${token.epoch} ${token.createRevision}`;
    const known = this.#beginning.get(name);
    if (known !== undefined) {
      await renewGrant(this.#leading, uid);
      return orGone(known, signal);
    }
    const beginning = this.#begin(uid, operation, token).finally(() => this.#beginning.delete(name));
    this.#beginning.set(name, beginning);
    return orGone(beginning, signal);
  }

  /** Those about whom the gates are being asked, before a grant or a begin. */
  *asked(): Iterable<Part> {
    yield* this.#grants.parts();
    yield* this.#begins.parts();
  }

  #begin(uid: string, operation: string, token: SlotToken): Promise<Answer> {
    const { clock, ledger, term } = this.#leading;
    return this.#begins.pass({ uid, operation, rollout: ledger.mirror.slots.get(uid)?.rollout }, term.signal, ({ holds, notes }) =>
      ledger.commit<Answer | typeof VOID>(async (mirror) => {
        const answer = this.#admission.answerToBegin(mirror, uid, operation, token);
        if (answer?.isYes === true) {
          const { confirmed, promisedAt } = await this.#confirmed(uid, operation, token);
          return { nothing: true, result: confirmed, promisedAt };
        }
        if (answer !== undefined) return { nothing: true, result: answer };
        if (!holds(mirror)) return { nothing: true, result: VOID };
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
    const { confirmed, promisedAt } = await this.#confirmed(uid, operation, token);
    // whoever decided it may have been gone before it was on any disk
    if (promisedAt !== undefined) await this.#leading.ledger.remember(promisedAt);
    return confirmed;
  }

  /** @returns the answer, and, for a yes, the revision to be remembered before it is told */
  async #confirmed(uid: string, operation: string, token: SlotToken): Promise<{ confirmed: Answer; promisedAt: number | undefined }> {
    const slot = await this.#begunSlot(uid, operation, token);
    return 'isYes' in slot ? { confirmed: slot, promisedAt: undefined } : { confirmed: YES, promisedAt: slot.modRevision };
  }

  /** The slot as etcd has it, or why it is none on which the node may act. */
  async #begunSlot(uid: string, operation: string, token: SlotToken): Promise<HeldSlot | Answer> {
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
    return slot.state === 'begun' ? slot : no(describeNotBegun(slot));
  }

  /**
   * Judges a node that has begun by what would free it: evidence asked for now, and the gates. Changes nothing.
   * @throws UNREACHABLE, DEADLINE_EXCEEDED from the probe
   */
  async judge(uid: string, operation: string, token: SlotToken, signal: AbortSignal): Promise<HealthVerdict> {
    const held = await this.confirm(uid, operation, token);
    if (!held.isYes) return { verdict: 'undecided', reason: held.reason };
    const refusal = await refusalOfHealth(this.#leading, uid, signal);
    return { verdict: refusal === undefined ? 'healthy' : 'unhealthy', reason: refusal ?? '' };
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
    const { clock, ledger, link } = this.#leading;
    const held = ledger.mirror.slots.get(uid);
    if (held?.state !== 'ended' || held.operation !== operation) return no('the slot has not ended');
    const quarantine = link.live(uid)?.quarantineReason;
    if (quarantine !== undefined) return no(quarantine);
    const proof = await refusalToFree(this.#leading, held, signal);
    if (typeof proof === 'string') return no(proof);
    return ledger.commit<Answer>((mirror) => {
      if (clock.monotonicMs() - proof.sinceMs > FRESH_MS)
        return { nothing: true, result: no('its evidence has grown old before its turn came') };
      const slot = mirror.slots.get(uid);
      const isSame = slot?.state === 'ended' && slot.token.createRevision === held.token.createRevision && slot.outcome === held.outcome;
      if (!isSame || slot.outcome === 'needs-operator') return { nothing: true, result: no('the slot has changed') };
      // a quarantine too: whose was the evidence then?
      const since = refusalSince(this.#leading, uid);
      if (since !== undefined) return { nothing: true, result: no(since) };
      const step: RecordChange[] = [];
      if (settled !== undefined) {
        const found = demandStep(mirror, slot);
        const { settlement, message } = settled;
        step.push({ of: 'step', record: settledStep(found.step, found.rollout.state, settlement, message, clock.wallMs()) });
      }
      return {
        compares: slotUnchanged(slot),
        changes: [{ of: 'slot-gone', uid }, ...step],
        audit: audit('slots.free', uid, `${operation} ${slot.outcome ?? ''}`),
        result: YES,
      };
    });
  }
}

/** The answer, or that whoever asked does not wait for it any more. */
async function orGone(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  const gone = Promise.withResolvers<Answer>();
  const leave = (): void => gone.resolve(no('the gates are still being asked'));
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    return await Promise.race([answer, gone.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

function audit(action: string, uid: string, message: string) {
  return { actor: 'coordinator', action, resource: `nodes/${uid}`, message };
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
