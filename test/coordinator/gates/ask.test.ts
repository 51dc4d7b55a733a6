import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { askGates, firstNo } from '../../../coordinator/gates/ask.ts';
import type { Gate, GateAnswer, GateQuestion } from '../../../coordinator/ports.ts';
import { node } from '../../support/domain-records.ts';

const question: GateQuestion = {
  moment: 'before-grant',
  node: node('demo149', ['mon']),
  begun: [],
  othersChangedMs: 0,
  hasEnded: true,
  changedMs: 0,
  leadingSinceMs: 0,
  acknowledged: [],
  restarted: undefined,
  begunMark: '',
  drains: [],
};
const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

function context(deadlineMs = 5_000, signal = new AbortController().signal) {
  return { clock, deadlineMs, signal };
}

function gate(name: string, ask: (signal: AbortSignal) => Promise<GateAnswer>): Gate {
  return { name, kind: 'test', ask: (_question, signal) => ask(signal) };
}

const never = (): Promise<GateAnswer> => new Promise(() => undefined);
const yes = gate('yes', async () => ({ isYes: true, message: 'fine' }));

void t.test('all gates are asked at once and answer in their order', async (t) => {
  const met = Promise.withResolvers<void>();
  const first = gate('first', async () => {
    await met.promise;
    return { isYes: true, message: '' };
  });
  const second = gate('second', async () => {
    met.resolve();
    return { isYes: false, message: 'osd.2 is down' };
  });
  const answers = await askGates([first, second], question, context());
  t.match(answers, [
    { name: 'first', isYes: true },
    { name: 'second', isYes: false, message: 'osd.2 is down' },
  ]);
  t.equal(firstNo(answers), 'gate second: osd.2 is down');
  t.equal(firstNo(answers.slice(0, 1)), undefined);
});

void t.test('a gate that throws has said no', async (t) => {
  const rejecting = gate('rejecting', async () => Promise.reject(new UvsError('UNREACHABLE', 'the storage does not answer')));
  const throwing = gate('throwing', () => {
    throw new TypeError('x is not a function');
  });
  t.match(await askGates([rejecting, throwing, yes], question, context()), [
    { isYes: false, message: 'could not be asked: the storage does not answer' },
    { isYes: false, message: 'could not be asked: x is not a function' },
    { isYes: true },
  ]);
});

void t.test('a gate that keeps silent past the deadline has said no, and is told to stop', async (t) => {
  const told = Promise.withResolvers<void>();
  const silent = gate('silent', (signal) => {
    signal.addEventListener('abort', () => told.resolve());
    return never();
  });
  t.match(await askGates([silent, yes], question, context(100)), [{ isYes: false, message: 'no answer within 0.1 s' }, { isYes: true }]);
  await told.promise;
});

void t.test('an abort is a no from those that have not answered', async (t) => {
  t.match(await askGates([gate('silent', never)], question, context(5_000, AbortSignal.timeout(50))), [
    { isYes: false, message: /cancelled/ },
  ]);
});
