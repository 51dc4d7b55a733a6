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

void t.test('a coordinator that dies is down, with when, and may be removed then; one that runs may not', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  t.match(await core.cluster.members(), [
    { id: 'c1', isDown: false, downSince: undefined },
    { id: 'c2', isDown: false, downSince: undefined },
  ]);
  for (const id of ['c1', 'c2']) {
    t.match(await errorOf(core.cluster.removeMember(id, 'gone', operator, '')), {
      reason: 'NOT_ALLOWED_NOW',
      message: `coordinator ${id} runs`,
    });
  }
  const beforeMs = Date.now();
  c2.kill();
  const downSince = async () => (await core.cluster.describe()).members.find(({ id, isDown }) => id === 'c2' && isDown)?.downSince;
  await eventually('it is seen that c2 is down', async () => (await downSince()) !== undefined, 15_000);
  t.ok(((await downSince()) ?? 0) >= beforeMs, 'when it was seen to go');
  t.match(await errorOf(core.cluster.removeMember('c3', 'gone', operator, '')), { reason: 'NOT_FOUND', hint: /coordinators list/ });
  await core.cluster.removeMember('c2', 'burnt', operator, 'r1');
  await core.cluster.removeMember('c2', 'burnt', operator, 'r1');
  t.same(
    (await core.cluster.members()).map(({ id }) => id),
    ['c1'],
  );
  t.match(await core.audit.list({ limit: 1, before: undefined, resource: undefined }), [
    { action: 'members.remove', resource: 'members/c2', message: /^burnt; known: gRPC at c2\.test:7100, 2 coordinators before$/ },
  ]);
  await using again = await startCoordinator(etcd, fleet, 'c2');
  t.match(
    await again.coordinator.core.cluster.members(),
    [{ id: 'c1' }, { id: 'c2', isDown: false, downSince: undefined }],
    'it enters itself again',
  );
});

void t.test('a coordinator that was removed while it was cut off enters itself again once it is back', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  c2.etcd.isKeepAliveBlocked = true;
  let isRemoved = false;
  c2.etcd.onTxn = () => (isRemoved ? 'pass' : 'lose-request');
  const members = async () => (await core.cluster.members()).map(({ id, isDown }) => `${id}${isDown ? ' down' : ''}`);
  await eventually('c2 is down', async () => (await members()).includes('c2 down'), 15_000);
  await core.cluster.removeMember('c2', 'gone', operator, '');
  t.same(await members(), ['c1']);
  isRemoved = true;
  c2.etcd.isKeepAliveBlocked = false;
  await eventually('c2 is back', async () => (await members()).includes('c2'), 15_000);
});
