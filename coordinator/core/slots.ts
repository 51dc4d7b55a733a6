import type { SlotToken } from '../../common/slot-token.ts';
import type { SlotsCore } from '../core.ts';
import { begunNodes, statusOf } from './leading.ts';
import { findNode } from './nodes.ts';
import type { Reign } from './reign.ts';
import type { EndedReport } from './slot-ended.ts';

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
    return [...mirror.slots.values()].map((slot) => {
      const node = mirror.nodes.get(slot.uid);
      const message = node === undefined ? 'the node has left the cluster' : statusOf(leading, node, slot).message;
      return { ...slot, hostname: node?.hostname ?? slot.uid, message };
    });
  }

  async begin(uid: string, operation: string, token: SlotToken, signal: AbortSignal): ReturnType<SlotsCore['begin']> {
    const { leading, observer, protocol } = this.#reign();
    const answer = await protocol.begin(uid, operation, token, AbortSignal.any([signal, leading.term.signal]));
    if (answer.isYes) observer.allow(operation);
    else observer.refuse(operation, answer.reason);
    return answer;
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

  async evaluate(uid: string, signal: AbortSignal): ReturnType<SlotsCore['evaluate']> {
    const { leading } = this.#reign();
    const { mirror } = leading.ledger;
    const node = findNode(mirror, uid);
    return leading.gates.ask({ moment: 'before-grant', node, begun: begunNodes(mirror, node.uid) }, signal);
  }
}
