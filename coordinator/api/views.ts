import { setImmediate } from 'node:timers/promises';
import { UvsError } from '../../common/errors.ts';
import type { CallContext } from '../../common/rpc/handlers.ts';
import { Turns } from '../turns.ts';

/** Each takes the leader's only thread for a while where nodes are many; what keeps the leadership and what operators order come between them. */
const READS_AT_ONCE = 2;
/** They are made from memory, without a wait in which others could come between. */
const LOOKS_AT_ONCE = 1;
/** They ask gates, which may be slow, and are in no read's way. */
const PLANS_AT_ONCE = 2;
/** They ask etcd, some of them in the ledger's turn, in which nothing is decided meanwhile. */
const LOOKUPS_AT_ONCE = 4;
/** Of one identity, e.g. an operator's terminals or the panels of a screen. */
const STREAMS_PER_IDENTITY = 64;
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
  readonly #lookups = new Turns({ atOnce: LOOKUPS_AT_ONCE, waiting: WAITING_PER_IDENTITY });
  /** Open streams by identity. */
  readonly #streams = new Map<string, number>();

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

  /** The same for what is looked up in etcd: slots, events, one operation, what is stored of packages and credentials. */
  lookUp<T>({ peer, signal }: CallContext, work: () => Promise<T>): Promise<T> {
    return this.#lookups.take(peer.name, signal, work);
  }

  /** Sends what a stream yields; an identity has so many open and no more. @throws UvsError TOO_MANY; what the stream throws */
  async *stream<T>({ peer: { name } }: CallContext, open: () => AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const others = this.#streams.get(name) ?? 0;
    if (others >= STREAMS_PER_IDENTITY) {
      throw new UvsError('TOO_MANY', `${name} has ${others} streams open already`, { hint: 'Let one end before the next.' });
    }
    this.#streams.set(name, others + 1);
    try {
      yield* open();
    } finally {
      const left = (this.#streams.get(name) ?? 1) - 1;
      if (left > 0) this.#streams.set(name, left);
      else this.#streams.delete(name);
    }
  }
}
