import { isSameToken, type SlotToken } from '../../common/slot-token.ts';
import { askingOf, mayDisturb } from '../budget.ts';
import type { HeldSlot, NodeRecord } from '../domain.ts';
import { rolesThatCount } from '../roles.ts';
import { slotAfter } from '../slot-machine.ts';
import type { Mirror, RolloutRecords } from '../state/mirror.ts';
import { no, excusedNo, YES, type Answer } from './answer.ts';
import { DownCount } from './down-count.ts';
import { isPrepared } from './drains.ts';
import { demandNode } from './find-node.ts';
import { statusOf, type Leading } from './leading.ts';

/** Says whether a slot may be granted, or begin, by all that is known without asking the gates: rollout, step, token, drains, budget. */
export class SlotAdmission {
  readonly #leading: Leading;
  readonly #down: DownCount;

  constructor(leading: Leading) {
    this.#leading = leading;
    this.#down = new DownCount(leading);
  }

  /** @returns why it is not granted; undefined: it may be, if the gates say yes. */
  refusalToGrant(mirror: Mirror, rollout: string, uid: string, operation: string): string | undefined {
    const records = mirror.rollouts.get(rollout);
    const node = mirror.nodes.get(uid);
    if (records?.state.state !== 'running') return `the rollout is ${records?.state.state ?? 'over'}`;
    if (node === undefined) return 'the node has left the cluster';
    if (records.steps.get(uid)?.operation !== operation) return 'the step has another operation by now';
    const held = mirror.slots.get(uid);
    if (held !== undefined) return `the node holds a slot for ${held.operation}`;
    return this.#budgetRefusal(mirror, records, node);
  }

  /** @returns a no, or a yes where it has begun already; undefined: it may, if the gates say yes. */
  answerToBegin(mirror: Mirror, uid: string, operation: string, token: SlotToken): Answer | undefined {
    const slot = mirror.slots.get(uid);
    if (slot === undefined) return excusedNo('the node holds no slot: the grant has ended', 'lapsed');
    if (slot.operation !== operation) return no(`the slot is for ${slot.operation}`);
    if (token.epoch !== mirror.epoch) return no('the token is of another epoch of the cluster');
    if (!isSameToken(token, slot.token)) return no('the token is of an earlier grant');
    if (slot.state === 'begun') return YES;
    if (slotAfter(slot.state, 'begin') === undefined) return no(describeNotBegun(slot));
    const records = mirror.rollouts.get(slot.rollout);
    if (records?.state.state !== 'running') return excusedNo(`the rollout is ${records?.state.state ?? 'over'}`);
    if (records.steps.get(uid)?.operation !== operation) return excusedNo('the step has another operation by now');
    if (!isPrepared(this.#leading, mirror, uid, operation)) return excusedNo('what the gates want set for it is not set yet');
    const isReboot = records.plan.spec.goal.kind === 'reboot';
    if (isReboot && this.#leading.link.live(uid)?.facts.bootId === '')
      return no('the node does not tell its boot id, which is to prove the reboot');
    const refusal = this.#budgetRefusal(mirror, records, demandNode(mirror, uid));
    return refusal === undefined ? undefined : excusedNo(refusal);
  }

  #budgetRefusal(mirror: Mirror, { plan }: RolloutRecords, node: NodeRecord): string | undefined {
    const counted = { ...node, roles: rolesThatCount(node, mirror.slots.get(node.uid)) };
    const candidate = { node: counted, status: statusOf(this.#leading, node, undefined) };
    const verdict = mayDisturb(this.#down.now(mirror), candidate, askingOf(plan.id, plan.spec));
    return verdict.isYes ? undefined : verdict.message;
  }
}

/** Says why a slot that is held gives no right to go on. */
export function describeNotBegun({ state, revocation }: HeldSlot): string {
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
