import t from 'tap';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { startEtcd } from '../../support/etcd.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('a rolling rollout over eight nodes disturbs them in role order, never two at once', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const before = { ...c1.etcd.counts };
  const startMs = performance.now();
  const { plan } = await core.rollouts.create(specOf(), operator, 'r1');
  const view = await eventually('it has ended', async () => {
    const now = await core.rollouts.get(plan.id);
    return now.state.endedAt === undefined ? undefined : now;
  });
  const tookMs = performance.now() - startMs;
  t.equal(view.state.state, 'succeeded');
  t.same(
    view.steps.map((step) => step.state),
    Array(8).fill('succeeded'),
  );
  t.equal(fleet.mostDisturbed, 1);
  t.same(
    fleet.disturbances.map((each) => each.uid),
    plan.order,
  );
  t.same(await core.slots.list(), []);
  t.ok(fleet.probes >= 8, 'health was asked for before each slot was freed');
  t.same(
    core.nodes.list().map((node) => node.facts?.uvsVersion),
    Array(8).fill('2.14.17'),
  );
  const { counts } = c1.etcd;
  const [transactions, leases] = [(counts.txn - before.txn) / 8, (counts.lease - before.lease) / 8];
  // 4 of its own, and its share of the rollout's
  t.ok(transactions < 5, `${transactions} transactions for each step`);
  // one of its own; among so few that of the request's id shows
  t.ok(leases <= 1.25, `${leases} leases for each step`);
  t.comment(
    `per step: ${transactions} transactions, ${leases} leases, ` +
      `${(counts.get - before.get) / 8} reads, ${(counts.range - before.range) / 8} ranges; ${Math.round(tookMs / 8)} ms of which 15 ms are the agent's`,
  );
});
