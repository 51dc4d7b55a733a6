import t from 'tap';
import { parseRecord, recordText } from '../../../coordinator/state/parse.ts';
import { planSchema, stepSchema } from '../../../coordinator/state/records.ts';
import { rolloutPlan, stepRecord, tried } from '../../support/domain-records.ts';

void t.test('a plan reads back as it was written, whatever its goal', async (t) => {
  for (const goal of [
    { kind: 'release', package: 'd'.repeat(64) },
    { kind: 'reboot' },
    { kind: 'restart', units: ['ceph-osd@*.service'] },
  ] as const) {
    const plan = rolloutPlan(['uid-a'], { goal });
    t.strictSame(parseRecord(planSchema, { key: 'k', value: recordText(plan) }), plan, goal.kind);
  }
});

void t.test('a plan from when rollouts only brought releases is still read', async (t) => {
  const { goal: _goal, ...spec } = rolloutPlan(['uid-a']).spec;
  const { selector, mode, budget, stageDeadlineMs, waitDeadlineMs, stepDeadlineMs } = spec;
  const old = { selector, mode, budget, stageDeadlineMs, waitDeadlineMs, stepDeadlineMs, package: 'd'.repeat(64) };
  const { id, version, creator, createdAt, order, skipped } = rolloutPlan(['uid-a']);
  const value = recordText({ id, version, creator, createdAt, order, skipped, spec: old });
  t.strictSame(parseRecord(planSchema, { key: 'k', value }), rolloutPlan(['uid-a']), 'without canaries, and pausing on failure');
});

void t.test('a step reads back with its earlier tries, and one from before they were kept is still read', async (t) => {
  const read = (record: object) => parseRecord(stepSchema, { key: 'k', value: recordText(record) });
  const step = stepRecord('a', { earlier: [tried('op-0', 'failed')] });
  t.strictSame(read(step), step);
  const { earlier: _earlier, ...old } = step;
  t.strictSame(read(old), { ...step, earlier: [] });
});
