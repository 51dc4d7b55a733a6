import t from 'tap';
import type { Core } from '../../../coordinator/core.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { enrolEight, operator, seenOnDisk, startCoordinator, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { grantedSlot, silentFleet, soon, toNode } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('a yes to begin is told as little the second time as the first while it is not on the disk', async (t) => {
  using fleet = silentFleet();
  const seen = seenOnDisk();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core, toNode('demo154'));
  const begin = () => core.slots.begin(slot.uid, slot.operation, slot.token, soon());
  seen.isFull = true;
  for (const time of ['first', 'second', 'third']) t.match(await errorOf(begin()), { message: /ENOSPC/ }, time);
  t.match(await core.slots.list(), [{ state: 'begun' }], 'the decision was made');
  t.match(await errorOf(core.slots.confirm(slot.uid, slot.operation, slot.token)), { message: /ENOSPC/ }, 'nor is it confirmed');
  seen.isFull = false;
  t.match(await begin(), { isYes: true });
  const revision = (await core.slots.list())[0]?.token.createRevision ?? 0;
  t.ok((seen.seen?.revision ?? 0) > revision, 'it is on the disk');
});

void t.test('what an operator has asked for is told as little the second time as the first while it is not on the disk', async (t) => {
  using fleet = silentFleet();
  const seen = seenOnDisk();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  seen.isFull = true;
  for (const time of ['first', 'second'])
    t.match(await errorOf(core.cluster.freeze('storm', operator, 'once')), { message: /ENOSPC/ }, time);
  seen.isFull = false;
  await core.cluster.freeze('storm', operator, 'once');
  t.match((await core.cluster.describe()).ledger.freezeReason, 'storm');
});

const freezing = (core: Core) => errorOf(core.cluster.freeze('storm', operator, 'once'));

void t.test('a leader whose disk is full gives the leadership to one that runs, once', async (t) => {
  using fleet = silentFleet();
  const [seen, others] = [seenOnDisk(), seenOnDisk()];
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  await untilLeader(c1);
  await using c2 = await startCoordinator(etcd, fleet, 'c2', { seen: others });
  seen.isFull = true;
  others.isFull = true;
  await eventually('c2 leads', async () => {
    if (c1.coordinator.isLeader()) await freezing(c1.coordinator.core);
    return c2.coordinator.isLeader();
  });
  t.match(await freezing(c2.coordinator.core), { message: /ENOSPC/, hint: /it gives the leadership away/ });
  const core = await untilLeader(c1);
  for (const time of ['first', 'second'])
    t.match(await freezing(core), { message: /ENOSPC/, hint: /until then it can promise nothing/ }, time);
  t.ok(c1.coordinator.isLeader(), 'where nobody can promise anything the leadership does not go round');
  others.isFull = false;
});

void t.test('a leader whose disk is full goes on leading where the others are registered and do not run', async (t) => {
  using fleet = silentFleet();
  const seen = seenOnDisk();
  {
    await using c2 = await startCoordinator(etcd, fleet, 'c2');
    await untilLeader(c2);
  }
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  seen.isFull = true;
  for (const time of ['first', 'second'])
    t.match(await freezing(core), { message: /ENOSPC/, hint: /until then it can promise nothing/ }, time);
  t.ok(c1.coordinator.isLeader());
  t.match(await core.cluster.members(), [{ id: 'c1' }, { id: 'c2' }], 'all that is no promise is answered');
});

void t.test('while no coordinator leads, one that won and could not lead says why', async () => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  await untilLeader(c1);
  const newer = { id: 'c9', grpcAddress: 'c9:1', httpsAddress: 'c9:2', surprise: 1 };
  await c1.etcd.txn([], [{ do: 'put', key: keys.member('c9'), value: JSON.stringify(newer) }]);
  const [ledger] = [await c1.etcd.get(keys.ledger)];
  await c1.etcd.txn([], [{ do: 'put', key: keys.ledger, value: ledger?.value ?? '' }]);
  await eventually('it says so', async () =>
    /no coordinator leads .*this one could not: .*members\/c9/.test((await freezing(c1.coordinator.core)).message),
  );
});
