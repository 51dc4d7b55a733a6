import type { SlotToken } from '../../common/slot-token.ts';
import { digestOf } from '../goal.ts';
import { UvsError } from '../../common/errors.ts';
import type { Actor, Force, SlotsCore, SlotView } from '../core.ts';
import type { HeldSlot } from '../domain.ts';
import type { DrainView } from '../stuck-drains.ts';
import type { Mirror } from '../state/mirror.ts';
import { requireTerm } from '../state/require-term.ts';
import { gateQuestion, statusOf } from './leading.ts';
import { findHolder, plainName } from './find-holder.ts';
import { findNode } from './find-node.ts';
import type { Reign } from './reign.ts';
import type { EndedReport } from './slot-ended.ts';
import { releaseDecision } from './slot-release.ts';
import { whatIsKnown } from './what-is-known.ts';

/** What agents and operators ask about slots; leader only. */
export class Slots implements SlotsCore {
  readonly #reign: () => Reign;

  constructor(requireReign: () => Reign) {
    this.#reign = requireReign;
  }

  async list(): ReturnType<SlotsCore['list']> {
    const reign = this.#reign();
    const { ledger } = reign.leading;
    await ledger.refreshSlots();
    return [...ledger.mirror.slots.values()].map((slot) => view(reign, slot));
  }

  async find(name: string): Promise<SlotView> {
    const reign = this.#reign();
    const { ledger } = reign.leading;
    await ledger.refreshSlots();
    const slot = ledger.mirror.slots.get(findHolder(ledger.mirror, name));
    if (slot !== undefined) return view(reign, slot);
    throw new UvsError('NOT_FOUND', `${name.slice(0, 100)} holds no slot`, { hint: '"uvsctl slots list" shows who does.' });
  }

  held(uid: string): HeldSlot | undefined {
    return this.#reign().leading.ledger.mirror.slots.get(uid);
  }

  packageFor(uid: string): string | undefined {
    const { rollouts, slots } = this.#reign().leading.ledger.mirror;
    const rollout = rollouts.get(slots.get(uid)?.rollout ?? '');
    return rollout === undefined ? undefined : digestOf(rollout.plan.spec);
  }

  async release(name: string, reason: string, force: Force, actor: Actor, requestId: string): Promise<SlotView | undefined> {
    const reign = this.#reign();
    const { leading } = reign;
    const uid = await leading.requests.perform({ actor, action: 'slots.release', content: { name, reason, force }, requestId }, (mirror) =>
      releaseDecision(leading, mirror, findHolder(mirror, name), reason, actor, force),
    );
    const slot = leading.ledger.mirror.slots.get(uid);
    return slot === undefined ? undefined : view(reign, slot);
  }

  async begin(uid: string, operation: string, token: SlotToken, signal: AbortSignal): ReturnType<SlotsCore['begin']> {
    const { leading, observer, ownMachine, protocol } = this.#reign();
    if (ownMachine.givesAwayBeforeBegin(uid, operation, token)) {
      throw new UvsError('NOT_LEADER', 'this coordinator gives the leadership away: the machine on which it runs is to be disturbed', {
        hint: 'Ask the next leader.',
        details: { leader: '' },
      });
    }
    const answer = await protocol.begin(uid, operation, token, AbortSignal.any([signal, leading.term.signal]));
    // a term that ends while the gates are asked leaves open what etcd makes of the answer
    if (!answer.isYes) requireTerm(leading.term);
    // what is kept of an operation is for its own node to bring about
    if (!isOf(uid, operation, leading.ledger.mirror)) return answer;
    if (answer.isYes) observer.allow(operation);
    else observer.refuse(operation, answer.reason);
    if (answer.excuse !== undefined) observer.excuse(uid, operation, answer.reason, answer.excuse);
    return answer;
  }

  judge(uid: string, operation: string, token: SlotToken, signal: AbortSignal): ReturnType<SlotsCore['judge']> {
    const { leading, protocol } = this.#reign();
    return protocol.judge(uid, operation, token, AbortSignal.any([signal, leading.term.signal]));
  }

  confirm(uid: string, operation: string, token: SlotToken): ReturnType<SlotsCore['confirm']> {
    return this.#reign().protocol.confirm(uid, operation, token);
  }

  ended(uid: string, report: EndedReport): Promise<void> {
    return this.#reign().protocol.ended(uid, report);
  }

  gates(): ReturnType<SlotsCore['gates']> {
    return this.#reign().leading.gates.list();
  }

  removed(): ReturnType<SlotsCore['removed']> {
    const { mirror } = this.#reign().leading.ledger;
    return [...mirror.slots.values()].flatMap(({ uid, removedNode }) =>
      removedNode === undefined ? [] : [{ hostname: removedNode.hostname, message: countsUntil(plainName(mirror, uid)) }],
    );
  }

  drains(): readonly DrainView[] {
    return this.#reign().drains.list();
  }

  async evaluate(uid: string, signal: AbortSignal): ReturnType<SlotsCore['evaluate']> {
    const { leading } = this.#reign();
    const { mirror } = leading.ledger;
    const node = findNode(mirror, uid);
    return leading.gates.look(gateQuestion(leading, mirror, 'before-grant', node, undefined), signal);
  }
}

function isOf(uid: string, operation: string, { rollouts, slots }: Mirror): boolean {
  if (slots.get(uid)?.operation === operation) return true;
  return [...rollouts.values()].some(({ steps }) => steps.get(uid)?.operation === operation);
}

function view({ leading, observer }: Pick<Reign, 'leading' | 'observer'>, slot: HeldSlot): SlotView {
  const { mirror } = leading.ledger;
  const node = mirror.nodes.get(slot.uid);
  const hostname = node?.hostname ?? slot.removedNode?.hostname ?? slot.uid;
  const refusal = slot.state === 'ended' ? observer.refusalOf(slot.operation)?.message : undefined;
  const ended = refusal === undefined ? undefined : `${slot.operation} has ended (${slot.outcome ?? 'no outcome'}), ${refusal}`;
  const message =
    node === undefined
      ? `the node was removed; ${countsUntil(plainName(mirror, slot.uid))}`
      : (ended ?? statusOf(leading, node, slot).message);
  return { ...slot, hostname, message, known: whatIsKnown(leading, mirror, slot.uid) };
}

/** @param name by which it can be told from a successor of its host name */
function countsUntil(name: string): string {
  return `it counts until it is written off: uvsctl nodes write-off ${name} --node-is-powered-off --reason TEXT`;
}
