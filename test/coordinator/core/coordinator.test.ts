import t from 'tap';
import { keys } from '../../../coordinator/state/keys.ts';
import { FakeFleet, operator, startCoordinator, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('a coordinator that follows says who leads, and answers what may be asked of any', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  await untilLeader(c1);
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const { core } = c2.coordinator;
  await eventually('it knows', () => c2.coordinator.leaderAddress() === 'c1.test:7100');
  for (const refusal of [
    await errorOf((async () => core.nodes.list())()),
    await errorOf(core.packages.list()),
    await errorOf(core.cluster.freeze('', operator, '')),
    await errorOf((async () => core.rollouts.watch('ro', AbortSignal.timeout(1))[Symbol.asyncIterator]().next())()),
    await errorOf(core.audit.list({ limit: 1, before: undefined, resource: undefined })),
  ]) {
    t.match(refusal, { reason: 'NOT_LEADER', details: { leader: 'c1.test:7100' } });
  }
  t.match(await core.cluster.describe(), {
    leader: { id: 'c1' },
    members: [{ id: 'c1' }, { id: 'c2' }],
    ledger: { freezeReason: undefined },
  });
  t.same(core.credentials.withdrawals(), { counter: 0, fingerprints: new Set() });
});

void t.test('a coordinator that is stopped while it reads what it will decide on stops, and leaves the leadership to others', async (t) => {
  using fleet = new FakeFleet(uids);
  const c1 = await startCoordinator(etcd, fleet, 'c1');
  let hasStopped = false;
  c1.etcd.onRange = (prefix) => {
    if (prefix === keys.slots) void Promise.resolve(c1[Symbol.asyncDispose]()).then(() => (hasStopped = true));
  };
  await eventually('it has stopped', () => hasStopped);
  t.equal(c1.coordinator.isLeader(), false);
  t.equal(await etcd.client().get(keys.leader), undefined);
});
