import t from 'tap';
import { SILENCE_MS, wordless } from './wordless.ts';

const running = { name: 'rollouts/r', state: 'ROLLOUT_STATE_RUNNING', stateReason: '', waitingFor: '' } as const;

void t.test('a rollout that stands still without a word is found, one that says why or moves is not', (t) => {
  t.equal(wordless(running, SILENCE_MS), 'rollouts/r has stood still for 10 s and does not say why');
  t.equal(wordless(running, SILENCE_MS - 1), undefined);
  t.equal(wordless({ ...running, waitingFor: 'n1: it is silent' }, 10 * SILENCE_MS), undefined);
  t.end();
});

void t.test('a pause without a reason is found at once', (t) => {
  const paused = { ...running, state: 'ROLLOUT_STATE_PAUSED' } as const;
  t.equal(wordless(paused, 0), 'rollouts/r is paused without a reason');
  t.equal(wordless({ ...paused, stateReason: 'n1 failed' }, 10 * SILENCE_MS), undefined);
  t.end();
});
