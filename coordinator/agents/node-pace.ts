import type { Peer } from '../../common/rpc/peer.ts';
import type { Clock } from '../ports.ts';
import { TokenBucket } from '../token-bucket.ts';

/** An agent makes a call or two a minute, and a few more when it has just found its coordinator. */
const CALLS = { burst: 60, perSecond: 10 };
/** Longer than agents wait for their answers; as many calls as a node has open are looked at in this time, and no more. */
const LONGEST_MS = 30_000;
const TELL_MS = 60_000;

/**
 * Says how long the calls of each node have to wait: one that calls faster than an agent ever does is answered as late as it takes to keep
 * it from the coordinator's time, for a refusal at once would be asked for again at once.
 */
export class NodePace {
  readonly #clock: Clock;
  readonly #onHeld: (uid: string) => void;
  readonly #nodes = new Map<string, { readonly bucket: TokenBucket; toldMs: number }>();

  /** @param onHeld hears of a node that has to wait, once a minute at most */
  constructor(clock: Clock, onHeld: (uid: string) => void) {
    this.#clock = clock;
    this.#onHeld = onHeld;
  }

  /** Milliseconds that this call of the peer waits; 0 for whoever is no node. */
  holdMs({ identity: { kind, id } }: Pick<Peer, 'identity'>): number {
    if (kind !== 'node') return 0;
    const node = this.#nodes.get(id) ?? { bucket: new TokenBucket(CALLS, this.#clock), toldMs: -Infinity };
    this.#nodes.set(id, node);
    const holdMs = node.bucket.owe(LONGEST_MS);
    const nowMs = this.#clock.monotonicMs();
    if (holdMs > 0 && nowMs - node.toldMs >= TELL_MS) {
      node.toldMs = nowMs;
      this.#onHeld(id);
    }
    return holdMs;
  }
}
