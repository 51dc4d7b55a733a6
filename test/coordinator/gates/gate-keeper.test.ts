import t from 'tap';
import { GateKeeper } from '../../../coordinator/core/gate-keeper.ts';
import type { Gate, GateAnswer, GateQuestion } from '../../../coordinator/ports.ts';
import { node } from '../../support/domain-records.ts';
import { eventually } from '../../support/eventually.ts';
import { realClock } from '../../support/real-clock.ts';

const noAbort = new AbortController().signal;

const about = (name: string, change: Partial<GateQuestion> = {}): GateQuestion => ({
  moment: 'after',
  node: node(name, ['osd']),
  begun: [node('other', ['osd'])],
  othersChangedMs: 0,
  hasEnded: true,
  changedMs: 0,
  leadingSinceMs: 0,
  begunMark: '',
  drains: [],
  acknowledged: [],
  restarted: undefined,
  ...change,
});

/** A gate whose answers the test gives. */
class HeldGate implements Gate {
  readonly name = 'held';
  readonly kind = 'test';
  /** Nodes that it was asked about, in their order. */
  readonly asked: string[] = [];
  most = 0;
  givenUp = 0;
  /** It goes on though it is told to stop. */
  isDeaf = false;
  readonly #open = new Set<(answer: GateAnswer) => void>();

  async ask({ node: { hostname } }: GateQuestion, signal: AbortSignal): Promise<GateAnswer> {
    this.asked.push(hostname);
    const { promise, resolve } = Promise.withResolvers<GateAnswer>();
    signal.addEventListener('abort', () => {
      this.givenUp += 1;
      if (!this.isDeaf) resolve({ isYes: false, message: 'given up' });
    });
    this.#open.add(resolve);
    this.most = Math.max(this.most, this.#open.size);
    const answer = await promise;
    this.#open.delete(resolve);
    return answer;
  }

  async never(): Promise<readonly string[]> {
    return [`${this.name}: never`];
  }

  answerAll(message: string): void {
    for (const resolve of this.#open) resolve({ isYes: true, message });
  }
}

/** Everything that can go on without a timer has. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function kept(
  deadlineMs = 5_000,
  graceMs = 60_000,
): { readonly gate: HeldGate; readonly keeper: GateKeeper; readonly deaf: readonly string[] } {
  const gate = new HeldGate();
  const deaf: string[] = [];
  return { gate, deaf, keeper: new GateKeeper([gate], realClock, deadlineMs, (name) => deaf.push(name), graceMs) };
}

void t.test('of one gate sixteen answers are found out at once, whoever asks; all others wait for their turn and get it', async (t) => {
  const { gate, keeper } = kept();
  const names = Array.from({ length: 120 }, (_, place) => `node-${place}`);
  const answers = Promise.all(names.map((name) => keeper.ask(about(name), noAbort)));
  for (let round = 0; round < 10; round += 1) {
    await settled();
    gate.answerAll('fine');
  }
  t.same(
    (await answers).flat().map(({ isYes }) => isYes),
    names.map(() => true),
  );
  t.equal(gate.most, 16);
  t.strictSame(gate.asked, names, 'in their order');
});

void t.test('who waits for a turn past the deadline has got a no, and is not asked about any more', async (t) => {
  const { gate, keeper } = kept(50);
  gate.isDeaf = true;
  const first = Array.from({ length: 16 }, (_, place) => keeper.ask(about(`node-${place}`), noAbort));
  t.match(await keeper.ask(about('late'), noAbort), [{ isYes: false, message: 'no answer within 0.05 s' }]);
  await Promise.all(first);
  t.equal(gate.givenUp, 16, 'the gate is told to stop what nobody waits for');
  gate.answerAll('too late');
  await settled();
  t.notOk(gate.asked.includes('late'));
});

void t.test('a gate that goes on though it is told to stop keeps no place for ever, and is told of', async (t) => {
  const { gate, keeper, deaf } = kept(50, 20);
  gate.isDeaf = true;
  await Promise.all(Array.from({ length: 16 }, (_, place) => keeper.ask(about(`node-${place}`), noAbort)));
  await Promise.all(Array.from({ length: 2 }, (_, place) => keeper.look(about(`node-${place}`), noAbort)));
  await eventually('all are told of', () => deaf.length === 18);
  t.equal(deaf[0], 'held');
  gate.isDeaf = false;
  for (const ask of [keeper.ask(about('next'), noAbort), keeper.look(about('next'), noAbort)]) {
    await settled();
    gate.answerAll('well again');
    t.match(await ask, [{ isYes: true, message: 'well again' }]);
  }
});

void t.test('the same question is asked once, and who gives up takes the answer from nobody', async (t) => {
  const { gate, keeper } = kept();
  const gone = new AbortController();
  const first = keeper.ask(about('node-1'), gone.signal);
  const second = keeper.ask(about('node-1'), noAbort);
  await settled();
  t.strictSame(gate.asked, ['node-1']);
  gone.abort();
  t.match(await first, [{ isYes: false, message: /cancelled/ }]);
  t.equal(gate.givenUp, 0);
  gate.answerAll('well');
  t.match(await second, [{ isYes: true, message: 'well' }]);
  const later = keeper.ask(about('node-1'), noAbort);
  await settled();
  t.equal(gate.asked.length, 2, 'what was answered is asked anew');
  gate.answerAll('still well');
  t.match(await later, [{ message: 'still well' }]);
});

void t.test('an answer is shared by nobody whose question is another, and a node is asked about one at a time', async (t) => {
  const { gate, keeper } = kept();
  const others = [{ hasEnded: false }, { acknowledged: ['OSD_NEARFULL'] }, { begunMark: 'x@7:begun' }, { begun: [] }];
  const answers = [about('node-1'), ...others.map((change) => about('node-1', change))].map((question) => keeper.ask(question, noAbort));
  t.match(await keeper.ask(about('node-1', { leadingSinceMs: 9 }), noAbort), [{ isYes: false, message: /4 calls of uid-node-1 wait/ }]);
  for (let round = 1; round <= answers.length; round += 1) {
    await settled();
    t.equal(gate.asked.length, round);
    gate.answerAll(`answer ${round}`);
  }
  t.strictSame(
    (await Promise.all(answers)).flat().map(({ message }) => message),
    ['answer 1', 'answer 2', 'answer 3', 'answer 4', 'answer 5'],
  );
});

void t.test('what is only shown takes two places of its own, and none from what is decided', async (t) => {
  const { gate, keeper } = kept();
  const stop = new AbortController();
  const looks = Array.from({ length: 500 }, (_, place) => keeper.look(about(`node-${place}`), stop.signal));
  await settled();
  t.equal(gate.asked.length, 2);
  const decided = keeper.ask(about('node-0'), noAbort);
  await settled();
  gate.answerAll('well');
  t.match(await decided, [{ isYes: true }]);
  stop.abort();
  await Promise.all(looks);
  t.same(
    await keeper.never([node('node-1', ['osd'])], noAbort),
    [{ name: 'held', message: 'held: never' }],
    'asked as a method of its gate',
  );
});
