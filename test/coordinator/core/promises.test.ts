import t from 'tap';
import { UvsError } from '../../../common/errors.ts';
import type { Core } from '../../../coordinator/core.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { enrolEight, operator, seenOnDisk, startCoordinator, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { grantedSlot, silentFleet, soon, toNode } from '../../support/held-slots.ts';

t.setTimeout(120_000);
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

void t.test('a leader whose disk is full gives the leadership to one that can keep what it promises', async (t) => {
  using fleet = silentFleet();
  const [first, second] = [seenOnDisk(), seenOnDisk()];
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { seen: first });
  await untilLeader(c1);
  await using c2 = await startCoordinator(etcd, fleet, 'c2', { seen: second });
  second.isFull = true;
  await c1.coordinator.core.cluster.freeze('all look at etcd again', operator, '');
  await using c3 = await startCoordinator(etcd, fleet, 'c3');
  first.isFull = true;
  t.match(await freezing(c1.coordinator.core), { reason: 'NOT_LEADER', message: /ENOSPC.*it gives the leadership away/ });
  const core = await untilLeader(c3);
  await core.cluster.freeze('storm', operator, 'once');
  t.notOk(c2.coordinator.isLeader());
});

void t.test('a leader whose disk is full goes on leading while no other can keep what it promises, and no longer', async (t) => {
  using fleet = silentFleet();
  const [first, second] = [seenOnDisk(), seenOnDisk()];
  {
    await using c3 = await startCoordinator(etcd, fleet, 'c3');
    await untilLeader(c3);
  }
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { seen: first });
  const core = await untilLeader(c1);
  first.isFull = true;
  second.isFull = true;
  const refusal = { reason: 'DISK_FAILED', message: /on its disk: ENOSPC/, hint: /can promise nothing, and no other coordinator can/ };
  for (const time of ['first', 'second']) t.match(await freezing(core), refusal, time);
  await eventually('that is shown', async () => (await core.cluster.members()).some(({ isUnfit }) => isUnfit));
  t.match(await core.cluster.members(), [
    { id: 'c1', isUnfit: true },
    { id: 'c3', isUnfit: false },
  ]);
  await using c2 = await startCoordinator(etcd, fleet, 'c2', { seen: second });
  t.match(await freezing(core), refusal, 'nor is it given to one that is no better off');
  second.isFull = false;
  const after = await untilLeader(c2);
  await after.cluster.freeze('storm', operator, 'once');
  t.notOk(c1.coordinator.isLeader());
});

void t.test('a disk that hangs is as one that is full: nothing waits for it for long', async (t) => {
  using fleet = silentFleet();
  const hanging = seenOnDisk();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { seen: hanging });
  const core = await untilLeader(c1);
  hanging.isHung = true;
  t.match(await freezing(core), { reason: 'DISK_FAILED', message: /it has not been done for 5 s/ });
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const after = await untilLeader(c2);
  await after.cluster.freeze('storm', operator, 'once');
  c2.kill();
  t.match(
    await (await untilLeader(c1)).cluster.describe(),
    { ledger: { freezeReason: 'storm' } },
    'where nobody else is left it can be asked',
  );
});

void t.test('one whose disk is full leads where the others can begin no term', async (t) => {
  using fleet = silentFleet();
  const seen = seenOnDisk();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  await untilLeader(c1);
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  await eventually('both run', async () => (await c1.coordinator.core.cluster.members()).every(({ isDown }) => !isDown));
  c2.etcd.onRange = (prefix) => {
    if (prefix.includes('rollouts')) throw new UvsError('INTERNAL', 'a record of a newer version');
  };
  seen.isFull = true;
  await eventually(
    'c2 has tried',
    async () => {
      if (c1.coordinator.isLeader()) await freezing(c1.coordinator.core);
      return (await c1.coordinator.core.cluster.members()).find(({ id }) => id === 'c2')?.isUnfit;
    },
    30_000,
  );
  t.match(await freezing(await untilLeader(c1)), { reason: 'DISK_FAILED' });
});

void t.test('what is withdrawn, revoked or issued is told as little as anything else while it is not on the disk', async (t) => {
  using fleet = silentFleet();
  const seen = seenOnDisk();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const { credentials, tokens } = await untilLeader(c1);
  const credential = {
    serial: '0a',
    identity: 'operator/bob',
    hostname: undefined,
    fingerprint: 'f'.repeat(64),
    issuedAt: 0,
    isWithdrawn: false,
  };
  await credentials.record(credential, operator);
  await tokens.create('token', 1, 60, operator);
  const refusal = { reason: 'DISK_FAILED', message: /ENOSPC/ };
  seen.isFull = true;
  for (const time of ['first', 'second']) {
    t.match(await errorOf(credentials.withdraw('0a', 'stolen', operator)), refusal, `withdrawn, the ${time} time`);
    t.match(await errorOf(tokens.revoke('token', operator)), refusal, `revoked, the ${time} time`);
  }
  t.match(await errorOf(credentials.record({ ...credential, serial: '0b' }, operator)), refusal, 'issued');
  t.match(await errorOf(tokens.create('other', 1, 60, operator)), refusal, 'created');
  seen.isFull = false;
  t.match(await credentials.withdraw('0a', 'stolen', operator), { isWithdrawn: true });
  t.match(await errorOf(tokens.revoke('token', operator)), { reason: 'NOT_FOUND' }, 'it is gone, and that is kept');
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
