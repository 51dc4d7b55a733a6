import t from 'tap';
import { FakeFleet, operator, startCoordinator, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('a join token is good for its uses and its time, whoever comes at once', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await core.tokens.create('t1', 2, 600, operator);
  const results = await Promise.allSettled([core.tokens.consume('t1'), core.tokens.consume('t1'), core.tokens.consume('t1')]);
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 2);
  t.match(await core.tokens.list(), [{ id: 't1', usesLeft: 0 }]);
  t.ok(((await core.tokens.list())[0]?.ttlSeconds ?? 0) > 500, 'using it does not make it live longer');
  await core.tokens.create('t2', 1, 600, operator);
  await core.tokens.revoke('t2', operator);
  t.equal((await errorOf(core.tokens.consume('t2'))).reason, 'PERMISSION_DENIED');
  t.equal((await errorOf(core.tokens.revoke('t2', operator))).reason, 'NOT_FOUND');
  await core.tokens.create('t3', 9, 2, operator);
  await eventually('its time is over', async () => (await core.tokens.list()).every(({ id }) => id !== 't3'), 6_000);
  t.equal((await errorOf(core.tokens.consume('t3'))).reason, 'PERMISSION_DENIED');
});
