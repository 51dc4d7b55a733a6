import t from 'tap';
import { Listener, SILENCE_MS } from './wordless.ts';

const running = { name: 'rollouts/r', state: 'ROLLOUT_STATE_RUNNING', stateReason: '', waitingFor: '' } as const;
const waits = { ...running, waitingFor: 'n1: it is silent' };

void t.test('a rollout that stands still without a word is found', (t) => {
  const listener = new Listener(0);
  t.equal(listener.hear(running, 'n1 STAGED', 1), undefined);
  t.equal(listener.hear(running, 'n1 STAGED', SILENCE_MS), undefined);
  t.equal(listener.hear(running, 'n1 STAGED', SILENCE_MS + 1), 'rollouts/r has stood still for 10 s and does not say why');
  t.end();
});

void t.test('one that moves, that says why, or that could not be asked meanwhile, is not', (t) => {
  const listener = new Listener(0);
  listener.hear(running, 'n1 STAGED', 1);
  t.equal(listener.hear(running, 'n1 BEGUN', SILENCE_MS + 1), undefined, 'it has moved');
  t.equal(listener.hear(waits, 'n1 BEGUN', 2 * SILENCE_MS + 1), undefined, 'it says why');
  t.equal(listener.hear(running, 'n1 BEGUN', 3 * SILENCE_MS), undefined, 'it said why a moment ago');
  listener.miss(4 * SILENCE_MS);
  t.equal(listener.hear(running, 'n1 BEGUN', 5 * SILENCE_MS - 1), undefined, 'nobody could ask it');
  t.match(listener.hear(running, 'n1 BEGUN', 5 * SILENCE_MS), /stood still for 10 s/u);
  t.end();
});

void t.test('a pause without a reason is found at once', (t) => {
  const paused = { ...running, state: 'ROLLOUT_STATE_PAUSED' } as const;
  t.equal(new Listener(0).hear(paused, '', 0), 'rollouts/r is paused without a reason');
  t.equal(new Listener(0).hear({ ...paused, stateReason: 'n1 failed' }, '', 10 * SILENCE_MS), undefined);
  t.end();
});
