import t from 'tap';
import { FakeFleet, operator, packageOf, startCoordinator, uids, untilLeader } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { errorOf } from '../../support/failure.ts';

void t.test('a package that a minority of the members holds is not added, whoever entered meanwhile', async (t) => {
  await using etcd = await startEtcd();
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  t.ok(c2);
  // The leader has not heard of c2 yet; the transaction finds out.
  t.match(await errorOf(core.packages.add({ ...packageOf(), holders: ['c1'] }, operator)), {
    reason: 'NO_MAJORITY',
    details: { missing: 'c2' },
  });
  t.same(await core.packages.list(), []);
  await core.packages.add({ ...packageOf(), holders: ['c1', 'c2'] }, operator);
  t.equal((await core.packages.list()).length, 1);
});
