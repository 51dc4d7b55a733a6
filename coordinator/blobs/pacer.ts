import { pause } from '../../common/deadline.ts';
import type { Peer } from '../../common/rpc/peer.ts';
import type { Clock } from '../ports.ts';
import { TokenBucket } from '../token-bucket.ts';
import { Turns } from '../turns.ts';

/**
 * The more wait, the less each gets at a time, so that everybody's turn comes within so long, twice so long beside the copies of coordinators:
 * agents give up a connection on which nothing comes for 15 s (agent/link/https-source.ts).
 */
const ROUND_SECONDS = 2;
const PIECES_PER_SECOND = 256;
const SMALLEST_PIECE_BYTES = 1024;
const LARGEST_PIECE_BYTES = 256 * 1024;
/** What a late timer leaves unused is caught up with, for so long. */
const BURST_SECONDS = 0.1;

type Share = 'coordinators' | 'others';

/**
 * Lets the bytes of all downloads through at one rate, counted before encryption. Nodes take turns, however many connections each has; the
 * copies of other coordinators get half, however many nodes want the rest, for an upload waits for them.
 */
export class Pacer {
  readonly #bytesPerSecond: number;
  readonly #bucket: TokenBucket;
  readonly #sleep: (waitMs: number, signal: AbortSignal) => Promise<void>;
  readonly #shares = new Turns({ atOnce: 1, waiting: Infinity });
  readonly #peers: Readonly<Record<Share, Turns>> = {
    coordinators: new Turns({ atOnce: 1, waiting: Infinity }),
    others: new Turns({ atOnce: 1, waiting: Infinity }),
  };

  constructor(
    bytesPerSecond: number,
    clock: Pick<Clock, 'monotonicMs'>,
    sleep: (waitMs: number, signal: AbortSignal) => Promise<void> = untilThere,
  ) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#sleep = sleep;
    const burst = Math.max(SMALLEST_PIECE_BYTES, bytesPerSecond * BURST_SECONDS);
    this.#bucket = new TokenBucket({ burst, perSecond: bytesPerSecond }, clock);
  }

  /** Waits for the peer's turn. @returns how many of the wanted bytes may be sent now. @throws UvsError the signal's reason */
  async turn(wanted: number, peer: Pick<Peer, 'identity' | 'name'>, signal: AbortSignal): Promise<number> {
    const share: Share = peer.identity.kind === 'coordinator' ? 'coordinators' : 'others';
    const pass = (): Promise<number> => this.#shares.take(share, signal, () => this.#pass(wanted, signal));
    return await this.#peers[share].take(peer.name, signal, pass);
  }

  async #pass(wanted: number, signal: AbortSignal): Promise<number> {
    const bytes = Math.min(wanted, this.#pieceBytes());
    while (!this.#bucket.take(bytes)) await this.#sleep(Math.ceil(this.#bucket.waitMs(bytes)), signal);
    return bytes;
  }

  #pieceBytes(): number {
    const parties = this.#peers.coordinators.parties + this.#peers.others.parties;
    const wanted = this.#bytesPerSecond * Math.min(1 / PIECES_PER_SECOND, ROUND_SECONDS / parties);
    return Math.min(LARGEST_PIECE_BYTES, Math.max(SMALLEST_PIECE_BYTES, Math.floor(wanted)));
  }
}

function untilThere(waitMs: number, signal: AbortSignal): Promise<void> {
  return pause(waitMs, 'the turn of a download', signal);
}
