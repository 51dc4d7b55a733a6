import t from 'tap';
import { excused, observeStep, type StepFacts } from '../../coordinator/rollout-step.ts';
import { running, staged, step, type Given } from '../support/situations.ts';

void t.test(
  'an operation that could not begin by no doing of its node counts for nothing, and the next one goes on waiting since then',
  async (t) => {
    const facts = (operation: string, given: Given = {}): StepFacts =>
      step('a', { ...staged, ...given, record: { ...staged.record, operation } }, running);
    let seen = observeStep(undefined, facts('op-1'), running, 100);
    seen = observeStep(seen, facts('op-1', { slot: { state: 'granted', operation: 'op-1' } }), running, 200);
    seen = observeStep(excused(seen), facts('op-1', { slot: { state: 'ended', operation: 'op-1' } }), running, 300);
    t.match(seen, { operations: 0 });
    seen = observeStep(seen, facts('op-2'), running, 400);
    t.match(seen, { operations: 1, stagedMs: 100, grantedMs: undefined, isExcused: false });
    t.match(observeStep(seen, facts('op-3'), running, 500), { operations: 2, stagedMs: 500 }, 'unlike one after an operation that counts');
    const begun = observeStep(excused(seen), facts('op-2', { slot: { state: 'begun', operation: 'op-2' } }), running, 600);
    t.match(begun, { isExcused: false }, 'nor is one excused that has begun after all');
  },
);

void t.test('deadlines begin anew with a resume and with a new operation, not with a lapsed grant', async (t) => {
  const facts = (given: Given): StepFacts => step('a', given, running);
  const first = observeStep(undefined, facts(staged), running, 100);
  t.match(observeStep(first, facts({ ...staged, slot: { state: 'granted' } }), running, 200), { stagedMs: 100, operations: 1 });
  t.match(observeStep(first, facts(staged), { ...running, attempt: 2 }, 300), { stagedMs: 300, firstSeenMs: 300, operations: 1 });
  t.match(observeStep(first, facts({ record: { operation: 'op-2' }, phase: 'staged' }), running, 400), {
    stagedMs: 400,
    firstSeenMs: 100,
    operations: 2,
  });
});
