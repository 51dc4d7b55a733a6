import t from 'tap';
import type { End, Mark } from './marks.ts';
import { judge, type Absence, type Evidence, type PushedRelease, type Verdict } from './verdict.ts';

const FORGIVEN_MS = 20_000;
const rolling: PushedRelease = { mode: 'rolling', budget: 1 };
const parallel: PushedRelease = { mode: 'parallel', budget: 3 };
/** When everything below happens: long enough after the boot that somebody may have been away before. */
const T = 100_000;

/** A node that was disturbed, and its agent's word of the end. */
function disturbed(node: string, fromMs: number, toMs: number | undefined, version = 'r1'): { marks: Mark[]; ends: End[] } {
  const operation = `op-${node}-${version}`;
  const end: End[] = toMs === undefined ? [] : [{ node, operation, outcome: 'succeeded', atMs: toMs }];
  return {
    marks: [
      { moment: 'pre', node, operation, version, atMs: fromMs },
      { moment: 'post', node, operation, version, atMs: fromMs + 10 },
    ],
    ends: end,
  };
}

function away(machine: string, fromMs: number, toMs: number): Absence {
  return { machine, fromMs, toMs };
}

function verdictOn(all: readonly { marks: readonly Mark[]; ends: readonly End[] }[], more: Partial<Evidence> = {}): Verdict {
  return judge({
    marks: all.flatMap(({ marks }) => marks),
    ends: all.flatMap(({ ends }) => ends),
    releases: new Map([
      ['r1', rolling],
      ['r2', rolling],
      ['p1', parallel],
    ]),
    clusterBudget: 2,
    monitors: new Set(['m1', 'm2', 'm3']),
    absences: [],
    membersAway: [],
    begunMs: new Map(),
    forgivenMs: FORGIVEN_MS,
    sleeps: [],
    ...more,
  });
}

void t.test('nodes that are disturbed one after the other break nothing, and are counted', (t) => {
  const { violations, ...figures } = verdictOn([
    disturbed('n1', T, T + 1_000),
    disturbed('n2', T + 1_000, T + 2_000),
    disturbed('n1', T + 3_000, T + 4_000, 'p1'),
    disturbed('n2', T + 3_000, T + 4_000, 'p1'),
    disturbed('n3', T + 3_000, T + 4_000, 'p1'),
  ]);
  t.same(violations, []);
  t.same(figures, { disturbances: 5, mostAtOnce: 3, mostRolling: 1, sleptOnYesMs: [] });
  t.end();
});

void t.test('two nodes of a rolling rollout at once are found', (t) => {
  const { violations, mostRolling } = verdictOn([disturbed('n1', T, T + 1_000), disturbed('n2', T + 900, T + 2_000)]);
  t.equal(violations.length, 1);
  t.match(violations[0], /^n2 .* in a rolling rollout of 1 beside n1/u);
  t.equal(mostRolling, 2);
  t.end();
});

void t.test('a node that never tells its end is disturbed for ever, and so is one that needs an operator', (t) => {
  const silent = verdictOn([disturbed('n1', T, undefined), disturbed('n2', T + 3_600_000, T + 3_601_000)]);
  t.match(silent.violations, [/^n2 .* in a rolling rollout of 1 beside n1/u]);
  const { marks } = disturbed('n1', T, undefined);
  const needy: End = { node: 'n1', operation: 'op-n1-r1', outcome: 'needs-operator', atMs: T + 100 };
  t.match(verdictOn([{ marks, ends: [needy] }, disturbed('n2', T + 5_000, T + 6_000)]).violations, [/^n2 .* beside n1/u]);
  t.end();
});

void t.test('an end that is told again after a restart is that of the first time', (t) => {
  const { marks, ends } = disturbed('n1', T, T + 1_000);
  const again = ends.map((end) => ({ ...end, atMs: T + 9_000 }));
  t.same(verdictOn([{ marks, ends: [...again, ...ends] }, disturbed('n2', T + 2_000, T + 3_000)]).violations, []);
  t.end();
});

void t.test('more nodes than the budget of a parallel rollout are found', (t) => {
  const nodes = ['n1', 'n2', 'n3', 'n4'].map((node, place) => disturbed(node, T + place * 100, T + 5_000, 'p1'));
  t.same(verdictOn(nodes.slice(0, 3)).violations, []);
  const { violations, mostAtOnce } = verdictOn(nodes);
  t.match(violations, [/^n4 .* in a parallel rollout of 3 beside n1/u, /^n4 .* against a limit of 3/u]);
  t.equal(mostAtOnce, 4);
  t.end();
});

void t.test('rollouts that together go over the cluster’s budget are found', (t) => {
  const both = [disturbed('n1', T, T + 5_000, 'r1'), disturbed('n2', T + 100, T + 5_000, 'r2')];
  t.same(verdictOn(both).violations, [], 'two at once are its budget');
  const more = [disturbed('n3', T, T + 5_000, 'p1'), ...both];
  t.match(verdictOn(more).violations, [/^n2 .* against a limit of 2 beside n3 .*, n1/u]);
  t.end();
});

void t.test('a node that has been away for so long that it must count is found missing from the count', (t) => {
  const nodes = [disturbed('n1', T, T + 1_000), disturbed('n2', T + 2_000, T + 3_000)];
  const gone = [away('n8', T - FORGIVEN_MS, T + 500), away('n9', T - FORGIVEN_MS - 5_000, T + 500)];
  t.match(verdictOn(nodes, { absences: gone }).violations, [/^n1 .* against a limit of 2 beside nobody, absent: n8, n9/u]);
  t.same(verdictOn(nodes, { absences: gone.slice(0, 1) }).violations, [], 'one away and one disturbed are the budget');
  const short = gone.map(({ machine }) => away(machine, T - FORGIVEN_MS + 1, T + 500));
  t.same(verdictOn(nodes, { absences: short }).violations, [], 'not yet long enough to be known');
  const back = gone.map(({ machine, fromMs }) => away(machine, fromMs, T - 1));
  t.same(verdictOn(nodes, { absences: back }).violations, [], 'back already');
  t.end();
});

void t.test('whoever acts late is judged by who was away when its beginning was decided', (t) => {
  const nodes = [disturbed('n1', T, T + 1_000)];
  const absences = [away('n8', T - FORGIVEN_MS, T), away('n9', T - FORGIVEN_MS, T)];
  t.equal(verdictOn(nodes, { absences }).violations.length, 1);
  t.same(verdictOn(nodes, { absences, begunMs: new Map([['op-n1-r1', T - 5_000]]) }).violations, []);
  t.equal(verdictOn(nodes, { absences, begunMs: new Map([['op-n1-r1', T + 50]]) }).violations.length, 1, 'a late sight excuses nothing');
  t.end();
});

void t.test('a second monitor of three is found, whatever the budgets are', (t) => {
  const both = [disturbed('m1', T, T + 5_000, 'p1'), disturbed('m2', T + 100, T + 5_000, 'p1')];
  t.match(verdictOn(both).violations, [/^m2 .* with 2 of 3 monitors down/u]);
  const absences = [away('m3', T - FORGIVEN_MS, T + 500)];
  t.match(verdictOn(both.slice(0, 1), { absences }).violations, [/^m1 .* with 2 of 3 monitors down/u]);
  t.same(verdictOn([disturbed('m1', T, T + 5_000, 'p1'), disturbed('n2', T + 100, T + 5_000, 'p1')]).violations, []);
  t.end();
});

void t.test('a node that begins while a member of etcd has long been away is found', (t) => {
  const membersAway = [away('e2', T - FORGIVEN_MS, T + 1_000)];
  t.match(verdictOn([disturbed('n1', T, T + 1_000)], { membersAway }).violations, [/^n1 .* without e2 of etcd/u]);
  t.same(verdictOn([disturbed('n1', T - 1_000, T)], { membersAway }).violations, []);
  t.end();
});

void t.test('an act after the end is found', (t) => {
  const { marks, ends } = disturbed('n1', T, T + 1_000);
  const late: Mark = { moment: 'post-done', node: 'n1', operation: 'op-n1-r1', version: 'r1', atMs: T + 1_021 };
  t.same(verdictOn([{ marks: [...marks, late], ends }]).violations, ['n1 ran post-done of op-n1-r1 21 ms after it had ended']);
  t.same(verdictOn([{ marks: [...marks, { ...late, atMs: T + 1_020 }], ends }]).violations, [], 'within what the clocks can tell');
  t.end();
});

void t.test('a disturbance for a release that nobody pushed is found', (t) => {
  t.match(verdictOn([disturbed('n1', T, T + 1_000, 'x9')]).violations, ['n1 was disturbed for x9, which nobody pushed']);
  t.end();
});

void t.test('an agent has slept on its yes only where its first mark comes after the sleep', (t) => {
  const nodes = [disturbed('n1', T, T + 1_000), disturbed('n2', T + 30_000, T + 31_000)];
  const sleep = { fromMs: T + 5, toMs: T + 20_000 };
  const sleeps = [
    { node: 'n1', operation: 'op-n1-r1', ...sleep },
    { node: 'n2', operation: 'op-n2-r1', ...sleep },
    { node: 'n3', operation: 'op-n3-r1', ...sleep },
  ];
  t.same(verdictOn(nodes, { sleeps }).sleptOnYesMs, [19_995, 19_995], 'n1 had acted before it was stopped; n3 never did');
  t.end();
});
