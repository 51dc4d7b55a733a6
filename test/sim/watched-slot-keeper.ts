import { LinkSlotKeeper } from '../../agent/link/slot-keeper.ts';
import type { SlotAnswer } from '../../agent/ports.ts';
import type { CoordinatorClient } from '../../common/rpc/client.ts';
import type { Machine } from './machine.ts';

/** Remembers how old the yes is that an agent acts on. */
export class WatchedSlotKeeper extends LinkSlotKeeper {
  readonly #machine: Machine;

  constructor(client: Pick<CoordinatorClient, 'call'>, machine: Machine) {
    super(client);
    this.#machine = machine;
  }

  override begin(...question: Parameters<LinkSlotKeeper['begin']>): Promise<SlotAnswer> {
    return this.#watch(super.begin(...question));
  }

  override confirm(...question: Parameters<LinkSlotKeeper['confirm']>): Promise<SlotAnswer> {
    return this.#watch(super.confirm(...question));
  }

  async #watch(answering: Promise<SlotAnswer>): Promise<SlotAnswer> {
    const askedMs = performance.now();
    const answer = await answering;
    if (answer.isYes) this.#machine.yesAskedMs = askedMs;
    return answer;
  }
}
