import { setImmediate } from 'node:timers/promises';
import type { CallContext } from '../../common/rpc/handlers.ts';
import { Turns } from '../turns.ts';

/** Each takes the leader's only thread for a while where nodes are many; what keeps the leadership and what operators order come between them. */
const READS_AT_ONCE = 2;
/** They are made from memory, without a wait in which others could come between. */
const LOOKS_AT_ONCE = 1;
/** They ask gates, which may be slow, and are in no read's way. */
const PLANS_AT_ONCE = 2;
/** Of one identity, e.g. of an operator's few terminals; each waits for one view of each other identity at most. */
const WAITING_PER_IDENTITY = 16;

/**
 * Has views of whole rollouts made a few at a time, of each identity one after the other, and none for a client that has gone: a credential that
 * may only look must not take the leader's time from those who act. Orders never wait here.
 */
export class Views {
  readonly #reads = new Turns({ atOnce: READS_AT_ONCE, waiting: WAITING_PER_IDENTITY });
  readonly #looks = new Turns({ atOnce: LOOKS_AT_ONCE, waiting: WAITING_PER_IDENTITY });
  readonly #plans = new Turns({ atOnce: PLANS_AT_ONCE, waiting: WAITING_PER_IDENTITY });

  /** @throws UvsError TOO_MANY; the signal's reason while it waits; what the work throws */
  read<T>({ peer, signal }: CallContext, work: () => Promise<T>): Promise<T> {
    return this.#reads.take(peer.name, signal, work);
  }

  /** The same for what is read of all nodes from memory; all else that has come meanwhile is looked at before each. */
  look<T>({ peer, signal }: CallContext, work: () => Promise<T>): Promise<T> {
    return this.#looks.take(peer.name, signal, async () => {
      await setImmediate();
      return await work();
    });
  }

  /** The same for what a rollout would do. */
  plan<T>({ peer, signal }: CallContext, work: () => Promise<T>): Promise<T> {
    return this.#plans.take(peer.name, signal, work);
  }
}
