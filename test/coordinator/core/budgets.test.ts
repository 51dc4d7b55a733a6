import t from 'tap';
import { FakeFleet, operator, startCoordinator, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { errorOf } from '../../support/failure.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('a budget has a scope and a number that make sense', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  for (const [scope, nodes] of [
    ['rack/1', 1],
    ['cluster', -1],
    ['role/osd', 1.5],
    ['', 1],
  ] as const) {
    t.equal((await errorOf(core.cluster.setBudget(scope, nodes, '', operator, ''))).reason, 'INVALID_ARGUMENT');
  }
  await core.cluster.setBudget('role/osd', 3, 'night', operator, '');
  t.same((await core.cluster.describe()).ledger.budgets, { 'role/osd': 3 });
  t.equal((await errorOf(core.cluster.unsetBudget('rack/1', '', operator, ''))).reason, 'INVALID_ARGUMENT');
  await core.cluster.unsetBudget('role/osd', 'morning', operator, 'once');
  await core.cluster.setBudget('role/osd', 2, '', operator, '');
  await core.cluster.unsetBudget('role/osd', 'morning', operator, 'once');
  t.same((await core.cluster.describe()).ledger.budgets, { 'role/osd': 2 }, 'a repetition is none');
  t.match((await core.audit.list({ limit: 2, before: undefined, resource: 'budgets/role/osd' }))[1], {
    actor: 'operator/alice',
    action: 'cluster.unset-budget',
    message: 'unset, was 3: morning',
  });
});
