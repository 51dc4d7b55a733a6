import { setImmediate as otherWork } from 'node:timers/promises';
import t from 'tap';
import { abortError } from '../../../common/deadline.ts';
import type { Peer } from '../../../common/rpc/peer.ts';
import type { IdentityKind } from '../../../common/tls.ts';
import { Pacer } from '../../../coordinator/blobs/pacer.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { HandClock } from '../../support/hub.ts';

const MIB = 1024 * 1024;
const never = new AbortController().signal;

/** Downloads of one coordinator, by a clock that moves only as the pacer sleeps. */
class Downloads {
  readonly rate: number;
  readonly pacer: Pacer;
  readonly #clock = new HandClock();
  readonly #startMs = this.#clock.nowMs;
  /** How late the next timers are, again and again. */
  lateMs: readonly number[] = [0];
  sentBytes = 0;
  readonly sent = new Map<string, number>();
  /** Longest time in which nothing came on a connection. */
  longestWaitMs = 0;
  /** Most that passed in any window of time beyond what the rate lets pass. */
  mostAheadBytes = 0;
  readonly #running = new Set<AbortController>();
  #leastLead = 0;
  #sleeps = 0;

  constructor(rate: number) {
    this.rate = rate;
    this.pacer = new Pacer(rate, this.#clock, async (waitMs, signal) => {
      await otherWork();
      if (signal.aborted) throw abortError(signal, 'the turn');
      this.#clock.nowMs += waitMs + (this.lateMs[(this.#sleeps += 1) % this.lateMs.length] ?? 0);
    });
  }

  get seconds(): number {
    return (this.#clock.nowMs - this.#startMs) / 1000;
  }

  /** Lets a download run to its end, which without a size is when all are stopped. */
  async run(who: Pick<Peer, 'identity' | 'name'>, bytes = Infinity): Promise<void> {
    const controller = new AbortController();
    this.#running.add(controller);
    await this.#send(who, bytes, controller.signal).finally(() => this.#running.delete(controller));
  }

  /** All the clients go. */
  stop(): void {
    for (const controller of this.#running) controller.abort();
  }

  async #send(who: Pick<Peer, 'identity' | 'name'>, bytes: number, signal: AbortSignal): Promise<void> {
    let heardMs = this.#clock.nowMs;
    for (let left = bytes; left > 0;) {
      const lead = this.sentBytes - this.rate * this.seconds;
      const count = await this.pacer.turn(left, who, signal);
      this.#note(who.name, count, lead);
      this.longestWaitMs = Math.max(this.longestWaitMs, this.#clock.nowMs - heardMs);
      heardMs = this.#clock.nowMs;
      left -= count;
    }
  }

  of(name: string): number {
    return this.sent.get(name) ?? 0;
  }

  #note(name: string, count: number, before: number): void {
    this.#leastLead = Math.min(this.#leastLead, before, this.sentBytes - this.rate * this.seconds);
    this.sentBytes += count;
    this.sent.set(name, this.of(name) + count);
    this.mostAheadBytes = Math.max(this.mostAheadBytes, this.sentBytes - this.rate * this.seconds - this.#leastLead);
  }
}

function peer(kind: IdentityKind, id: string): Pick<Peer, 'identity' | 'name'> {
  return { identity: { cluster: 'test', kind, id }, name: `${kind}/${id}` };
}

function nodes(count: number): readonly Pick<Peer, 'identity' | 'name'>[] {
  return Array.from({ length: count }, (_none, place) => peer('node', `n${place}`));
}

void t.test(
  'in no stretch of time does more pass than the rate and a tenth of a second’s worth, and no less than the rate in all',
  async (t) => {
    const downloads = new Downloads(8 * MIB);
    downloads.lateMs = [0, 1, 40, 0, 7, 60, 2];
    await Promise.all(nodes(2000).map((node) => downloads.run(node, 16 * 1024)));
    t.equal(downloads.sentBytes, 2000 * 16 * 1024);
    t.comment(`${(downloads.sentBytes / downloads.rate).toFixed(3)} s worth in ${downloads.seconds.toFixed(3)} s`);
    t.comment(`at most ${(downloads.mostAheadBytes / downloads.rate).toFixed(3)} s ahead`);
    t.ok(downloads.mostAheadBytes <= 0.1 * downloads.rate + 1, `${downloads.mostAheadBytes} bytes ahead`);
    t.ok(downloads.seconds < (1.02 * downloads.sentBytes) / downloads.rate, 'late timers cost nothing');
    await downloads.pacer.turn(1, peer('node', 'n1'), never);
  },
);

for (const [rate, count] of [
  [64 * 1024, 64],
  [4 * MIB, 4000],
  [100e6, 10_000],
] as const) {
  void t.test(`of ${count} nodes at ${rate} bytes a second none waits for long, and all have got the same`, async (t) => {
    const downloads = new Downloads(rate);
    const all = Promise.allSettled([...nodes(count), peer('coordinator', 'c2')].map((one) => downloads.run(one)));
    while (downloads.seconds < 10) await otherWork();
    const each = [...downloads.sent].filter(([name]) => name.startsWith('node/')).map(([, bytes]) => bytes);
    downloads.stop();
    await all;
    t.comment(`longest wait ${(downloads.longestWaitMs / 1000).toFixed(2)} s, each ${Math.min(...each)} to ${Math.max(...each)} bytes`);
    t.equal(each.length, count);
    t.ok(downloads.longestWaitMs < 4_500, 'an agent gives up after 15 s');
    t.ok(Math.min(...each) > 0.5 * Math.max(...each));
  });
}

void t.test('a node with many connections gets as much as one with a single one', async (t) => {
  const downloads = new Downloads(MIB);
  const [greedy, modest] = [peer('node', 'greedy'), peer('node', 'modest')];
  const all = Promise.allSettled(Array.from({ length: 500 }, () => downloads.run(greedy)));
  await downloads.run(modest, MIB);
  downloads.stop();
  await all;
  const part = downloads.of('node/modest') / downloads.sentBytes;
  t.comment(`${Math.round(part * 100)} %`);
  t.ok(part > 0.45);
});

void t.test('copies for other coordinators get half, however many nodes fetch, and all where none does', async (t) => {
  const downloads = new Downloads(MIB);
  const all = Promise.allSettled(nodes(50).map((node) => downloads.run(node)));
  await downloads.run(peer('coordinator', 'c2'), MIB);
  const part = downloads.of('coordinator/c2') / downloads.sentBytes;
  t.comment(`${Math.round(part * 100)} %`);
  t.ok(part > 0.45 && part < 0.55);
  downloads.stop();
  await all;
  const before = downloads.seconds;
  await downloads.run(peer('coordinator', 'c2'), MIB);
  t.ok(downloads.seconds - before < 1.01);
});

void t.test('downloads that are given up while they wait let the others go on, and nothing stays behind', async (t) => {
  const downloads = new Downloads(MIB);
  const alone = await downloads.pacer.turn(MIB, peer('node', 'alone'), never);
  const leaving = nodes(1000).map((node) => errorOf(downloads.run(node)));
  const staying = downloads.pacer.turn(MIB, peer('node', 'stays'), never);
  await eventually('they take turns', () => downloads.sentBytes > 200 * 1024);
  const [sentBytes, seconds] = [downloads.sentBytes, downloads.seconds];
  downloads.stop();
  const reasons = new Set((await Promise.all(leaving)).map(({ reason }) => reason));
  t.same([...reasons], ['CANCELLED']);
  t.ok((await staying) > 0, 'whoever stays has its turn');
  t.equal(downloads.sentBytes, sentBytes, 'nothing was let through for those who left');
  t.ok(downloads.seconds - seconds < 0.1, 'and no time spent');
  t.equal(await downloads.pacer.turn(MIB, peer('node', 'alone'), never), alone, 'the next gets as much at a time as one that is alone');
});

void t.test('who waits alone for the rate is given up at once', async (t) => {
  const clock = new HandClock();
  const pacer = new Pacer(64 * 1024, clock);
  const node = peer('node', 'n1');
  const gone = new AbortController();
  const running = (async () => {
    for (;;) await pacer.turn(1024, node, gone.signal);
  })();
  // the clock stands: the burst is used up, and then it waits
  await otherWork();
  gone.abort();
  t.match(await errorOf(running), { reason: 'CANCELLED' });
  clock.nowMs += 1_000;
  t.equal(await pacer.turn(1024, node, never), 1024, 'the next has its turn');
});
