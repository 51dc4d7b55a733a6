import t from 'tap';
import type { CountedNode } from '../../coordinator/budget.ts';
import { countDown } from '../../coordinator/budget-count.ts';
import { planBlockers } from '../../coordinator/plan-blockers.ts';
import { node, ready } from '../support/domain-records.ts';

const rolling = { rollout: 'ro-new', mode: 'rolling', budget: 1, isMending: false } as const;
const osd1: CountedNode = { node: node('osd1', ['osd']), status: ready };
const osd2: CountedNode = { node: node('osd2', ['osd']), status: ready };
const silent: CountedNode = { node: node('osd3', ['osd']), status: { state: 'silent', message: 'unheard for 42 s' } };

void t.test('a plan that could start now has no blocker', async (t) => {
  t.strictSame(planBlockers(countDown([osd1, osd2], [], { freezeReason: undefined, budgets: {} }), [osd1, osd2], rolling), []);
});

void t.test('a plan tells what forbids its first node and which later ones are not ready', async (t) => {
  const view = countDown([osd1, osd2, silent], [], { freezeReason: undefined, budgets: {} });
  t.strictSame(planBlockers(view, [osd1, osd2, silent], rolling), [
    { kind: 'budget', message: 'budget cluster 1 of 1 used: osd3 (silent)' },
    { kind: 'node', message: 'osd3 is silent: unheard for 42 s' },
  ]);
  const frozen = countDown([osd1], [], { freezeReason: 'power work', budgets: {} });
  t.strictSame(planBlockers(frozen, [osd1], rolling), [{ kind: 'freeze', message: 'the cluster is frozen: power work' }]);
});

void t.test('what would forbid the first node once it is ready is told beside what ails it', async (t) => {
  const ill: CountedNode = { node: node('osd4', ['osd']), status: { state: 'cordoned', message: 'new disk' } };
  const view = countDown([osd1, ill, silent], [], { freezeReason: undefined, budgets: {} });
  t.strictSame(planBlockers(view, [ill, osd1], rolling), [
    { kind: 'node', message: 'osd4 is cordoned: new disk' },
    { kind: 'budget', message: 'budget cluster 1 of 1 used: osd3 (silent)' },
  ]);
});
