import { UvsError } from '../../common/errors.ts';
import type { Prng } from './prng.ts';
import type { Process, Timeline } from './timeline.ts';

/** Both ends of a connection and when they notice that it is dead. */
const NOTICED_MS = 20_000;
const RETRANSMIT_MS = 700;

/** What lies between the machines: each two can be cut off from each other for a while, and everything takes its time. */
export class Network {
  readonly timeline: Timeline;
  readonly #prng: Prng;
  readonly #cutUntil = new Map<string, number>();
  readonly #slowUntil = new Map<string, number>();

  constructor(timeline: Timeline, prng: Prng) {
    this.timeline = timeline;
    this.#prng = prng;
  }

  cut(one: string, other: string, forMs: number): void {
    this.#cutUntil.set(between(one, other), this.timeline.nowMs + forMs);
  }

  slow(one: string, other: string, forMs: number): void {
    this.#slowUntil.set(between(one, other), this.timeline.nowMs + forMs);
  }

  heal(): void {
    this.#cutUntil.clear();
    this.#slowUntil.clear();
  }

  isCut(one: string, other: string): boolean {
    return (this.#cutUntil.get(between(one, other)) ?? 0) > this.timeline.nowMs;
  }

  /** How long one message takes on its way. */
  latencyMs(one: string, other: string): number {
    const isSlow = (this.#slowUntil.get(between(one, other)) ?? 0) > this.timeline.nowMs;
    if (isSlow) return this.#prng.between(100, 4_000);
    return this.#prng.chance(0.01) ? this.#prng.between(20, 800) : this.#prng.between(0.2, 3);
  }

  /** Whether something that could not go its way comes late instead of never. */
  comesLate(): boolean {
    return this.#prng.chance(0.4);
  }

  lateMs(): number {
    return this.#prng.between(500, 15_000);
  }
}

function between(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

interface End {
  readonly place: string;
  readonly process: Process;
  readonly receive: (message: unknown) => void;
  readonly closed: (error: UvsError | undefined) => void;
  /** When the last message to it comes, so that they keep their order. */
  lastMs: number;
  isClosed: boolean;
}

/** A connection on which messages keep their order and none is lost in the middle; when it is cut they wait, and in the end it breaks. */
export class Stream {
  readonly #network: Network;
  readonly #ends: readonly [End, End];

  constructor(network: Network, ends: readonly [Omit<End, 'lastMs' | 'isClosed'>, Omit<End, 'lastMs' | 'isClosed'>]) {
    this.#network = network;
    this.#ends = [
      { ...ends[0], lastMs: 0, isClosed: false },
      { ...ends[1], lastMs: 0, isClosed: false },
    ];
  }

  send(to: 0 | 1, message: unknown): void {
    this.#carry(to, (end) => end.receive(message));
  }

  /** The other end closes after what was sent to it before; this end at once. */
  close(by: 0 | 1, error: UvsError | undefined): void {
    if (this.#ends[by].isClosed) return;
    this.#closeEnd(this.#ends[by], error);
    this.#carry(by === 0 ? 1 : 0, (end) => this.#closeEnd(end, error));
  }

  /** As if one end's machine or process were gone: the other notices soon, or only by its silence. */
  break(gone: 0 | 1, isSilent: boolean): void {
    this.#ends[gone].isClosed = true;
    const other = this.#ends[gone === 0 ? 1 : 0];
    this.#network.timeline.after(isSilent ? NOTICED_MS : 5, other.process, () => this.#closeEnd(other, lost()));
  }

  #closeEnd(end: End, error: UvsError | undefined): void {
    if (end.isClosed) return;
    end.isClosed = true;
    end.process.run(() => end.closed(error));
  }

  #carry(to: 0 | 1, arrive: (end: End) => void): void {
    const [end, from] = [this.#ends[to], this.#ends[to === 0 ? 1 : 0]];
    const { timeline } = this.#network;
    const atMs = Math.max(end.lastMs, timeline.nowMs + this.#network.latencyMs(from.place, end.place));
    end.lastMs = atMs;
    const sentMs = timeline.nowMs;
    const attempt = (): void => {
      if (end.isClosed) return;
      if (!this.#network.isCut(from.place, end.place)) return arrive(end);
      if (timeline.nowMs - sentMs > NOTICED_MS) {
        this.#closeEnd(end, lost());
        this.#closeEnd(from, lost());
        return;
      }
      // what comes after it waits for it
      end.lastMs = Math.max(end.lastMs, timeline.nowMs + RETRANSMIT_MS);
      timeline.after(RETRANSMIT_MS, end.process, attempt);
    };
    timeline.after(atMs - timeline.nowMs, end.process, attempt);
  }
}

function lost(): UvsError {
  return new UvsError('UNREACHABLE', 'the connection was lost');
}
