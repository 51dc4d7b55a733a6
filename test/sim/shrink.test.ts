import t from 'tap';
import type { Fault, Plan } from './plan.ts';
import { planOf } from './plan-of.ts';
import { planText, readPlan } from './plan-text.ts';
import { shrink } from './shrink.ts';
import type { Outcome } from './simulate.ts';

const kept: Outcome = { events: 1, faults: 0, begun: 1, actions: {}, broken: undefined, story: [], trace: '' };
const broken: Outcome = { ...kept, broken: { promise: 'one ledger', sentence: 'two leaders' } };
const other: Outcome = { ...kept, broken: { promise: 'everything down counts', sentence: 'two are down' } };

const faultAt = (atMs: number): Fault => ({ atMs, kind: 'watches break' });
const long: Plan = {
  seed: 'a',
  coordinators: 3,
  nodes: 6,
  troubleMs: 1,
  faults: Array.from({ length: 14 }, (_, atMs) => faultAt(atMs)),
  wishes: Array.from({ length: 9 }, (_, atMs) => ({ atMs, kind: 'freeze' })),
};

void t.test('what is left is what is needed, and nothing else', async (t) => {
  const needs = ({ faults, wishes }: Plan): boolean =>
    [3, 11].every((atMs) => faults.some((fault) => fault.atMs === atMs)) && wishes.some(({ atMs }) => atMs === 8);
  const { plan, outcome, runs } = await shrink(async (plan) => (needs(plan) && plan.nodes > 3 ? broken : kept), long, broken);
  t.strictSame(plan, { ...long, coordinators: 1, nodes: 4, faults: [faultAt(3), faultAt(11)], wishes: [{ atMs: 8, kind: 'freeze' }] });
  t.equal(outcome, broken);
  t.ok(runs < 80, `in ${runs} runs`);
});

void t.test('a smaller plan that breaks another promise is another matter', async (t) => {
  const { plan } = await shrink(async ({ faults }) => (faults.length === 14 ? broken : other), long, broken);
  t.equal(plan.faults.length, 14);
});

void t.test('what is printed is the plan, whatever its seed', (t) => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const plan = planOf(String(seed));
    t.strictSame(readPlan(planText(plan)), plan);
  }
  t.end();
});

void t.test('a plan that was spoilt by hand is refused with what is wrong', (t) => {
  const fault = { ...faultAt(1), on: { action: 'slots.grant', nth: 0 } };
  t.throws(() => readPlan(JSON.stringify({ ...long, faults: [fault] })), { message: /^this is no plan: faults\.0\.on\.nth: / });
  t.throws(() => readPlan(JSON.stringify({ ...long, more: 1 })), { message: /^this is no plan: more: / });
  t.end();
});
