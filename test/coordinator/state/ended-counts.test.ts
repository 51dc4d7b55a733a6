import t from 'tap';
import { countEnded, withEndedCounts } from '../../../coordinator/state/ended-counts.ts';
import type { Mirror } from '../../../coordinator/state/mirror.ts';
import type { RecordChange } from '../../../coordinator/state/record-change.ts';
import { rolloutPlan, rolloutState, stepRecord } from '../../support/domain-records.ts';
import { mirrorOf } from '../../support/mirror.ts';

const ended = rolloutState({ state: 'succeeded', endedAt: 7 });
const three = [stepRecord('a', { state: 'succeeded' }), stepRecord('b', { state: 'failed' }), stepRecord('c', { state: 'skipped' })];

function ofRollout(state = rolloutState(), steps = three): Mirror {
  const plan = rolloutPlan(['a', 'b', 'c']);
  return mirrorOf({ rollouts: new Map([['ro-1', { plan, state, steps: new Map(steps.map((step) => [step.uid, step])) }]]) });
}

const stateOf = (changes: readonly RecordChange[]) =>
  changes.flatMap((change) => (change.of === 'rollout-state' ? [[change.id, change.record.endedAt, change.record.counts]] : []));

void t.test('what ends a rollout, and what settles a node after its end, writes what it came to', (t) => {
  const counts = { succeeded: 1, failed: 1, skipped: 1 };
  t.same(stateOf(withEndedCounts(ofRollout(), [{ of: 'rollout-state', id: 'ro-1', record: ended }])), [['ro-1', 7, counts]]);
  const late: RecordChange = { of: 'step', record: stepRecord('b', { state: 'succeeded' }) };
  const after = withEndedCounts(ofRollout(ended), [{ of: 'slot-gone', uid: 'uid-b' }, late]);
  t.same(stateOf(after), [['ro-1', 7, { succeeded: 2, failed: 0, skipped: 1 }]]);
  t.same(after.slice(0, 2), [{ of: 'slot-gone', uid: 'uid-b' }, late], 'beside what it changes');
  t.end();
});

void t.test('nothing is added while a rollout goes on, or of one that is not known', (t) => {
  const step: RecordChange = { of: 'step', record: stepRecord('b', { state: 'succeeded' }) };
  for (const changes of [[step], [{ of: 'rollout-state', id: 'ro-2', record: ended } as const], []])
    t.equal(withEndedCounts(ofRollout(), changes), changes);
  t.end();
});

void t.test('a step that was to be tried again has not failed', (t) => {
  const steps = [stepRecord('a', { state: 'failed', attempt: 1 }), stepRecord('b', { state: 'failed', attempt: 2 }), stepRecord('c')];
  t.same(countEnded({ attempt: 2 }, steps), { succeeded: 0, failed: 1, skipped: 0 });
  t.end();
});
