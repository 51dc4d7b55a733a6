import type { SlotToken } from '../../common/slot-token.ts';
import { UvsError } from '../../common/errors.ts';
import type { Actor, Force, SlotsCore, SlotView } from '../core.ts';
import type { HeldSlot } from '../domain.ts';
import type { DrainView } from '../stuck-drains.ts';
import type { Mirror } from '../state/mirror.ts';
import { requireTerm } from '../state/require-term.ts';
import { gateQuestion, statusOf, type Leading } from './leading.ts';
import { findHolder } from './find-holder.ts';
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
    const { leading } = this.#reign();
    await leading.ledger.refreshSlots();
    const { mirror } = leading.ledger;
    return [...mirror.slots.values()].map((slot) => view(leading, slot));
  }

  async find(name: string): Promise<SlotView> {
    const { leading } = this.#reign();
    await leading.ledger.refreshSlots();
    const { mirror } = leading.ledger;
    const slot = mirror.slots.get(findHolder(mirror, name));
    if (slot !== undefined) return view(leading, slot);
    throw new UvsError('NOT_FOUND', `${name.slice(0, 100)} holds no slot`, { hint: '"uvsctl slots list" shows who does.' });
  }

  held(uid: string): HeldSlot | undefined {
    return this.#reign().leading.ledger.mirror.slots.get(uid);
  }

  async release(name: string, reason: string, force: Force, actor: Actor, requestId: string): Promise<SlotView | undefined> {
    const { leading } = this.#reign();
    const uid = await leading.requests.perform({ actor, action: 'slots.release', content: { name, reason, force }, requestId }, (mirror) =>
      releaseDecision(leading, mirror, findHolder(mirror, name), reason, actor, force),
    );
    const slot = leading.ledger.mirror.slots.get(uid);
    return slot === undefined ? undefined : view(leading, slot);
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
    if (answer.isOwnDoing === true) observer.excuse(uid, operation);
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

function view(leading: Leading, slot: HeldSlot): SlotView {
  const { mirror } = leading.ledger;
  const node = mirror.nodes.get(slot.uid);
  const message = node === undefined ? 'the node was removed; it counts until it is written off' : statusOf(leading, node, slot).message;
  const hostname = node?.hostname ?? slot.removedNode?.hostname ?? slot.uid;
  return { ...slot, hostname, message, known: whatIsKnown(leading, mirror, slot.uid) };
}
