import t from 'tap';
import {
  enrolEight,
  FakeFleet,
  fingerprintOfCoordinator,
  operator,
  seenInMemory,
  startCoordinator,
  uids,
  untilLeader,
  wipe,
  withdrawalsInMemory,
} from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { silentFleet } from '../../support/held-slots.ts';

t.setTimeout(120_000);
const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('a withdrawn certificate is known on every coordinator', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const record = { serial: '0a', fingerprint: 'f'.repeat(64), identity: 'operator/bob', issuedAt: 1, isWithdrawn: false };
  await core.credentials.record(record, operator);
  await core.credentials.record({ ...record, serial: '0b', fingerprint: 'e'.repeat(64) }, operator);
  let told = 0;
  using listening = c2.coordinator.core.credentials.onWithdrawal(() => (told += 1));
  t.ok(listening);
  t.equal((await core.credentials.withdraw('0a', 'lost', operator)).isWithdrawn, true);
  t.equal(core.credentials.withdrawals().counter, 1, 'at once where it was asked');
  await core.credentials.withdraw('0a', 'lost', operator);
  await core.credentials.withdraw('0b', 'lost', operator);
  await eventually('the follower knows', () => c2.coordinator.core.credentials.withdrawals().counter === 2);
  t.ok(told >= 1);
  t.same([...c2.coordinator.core.credentials.withdrawals().fingerprints].toSorted(), ['e'.repeat(64), 'f'.repeat(64)]);
  t.equal((await errorOf(core.credentials.withdraw('0c', '', operator))).reason, 'NOT_FOUND');
  t.same(
    (await core.credentials.list()).map(({ isWithdrawn }) => isWithdrawn),
    [true, true],
  );
  await using c3 = await startCoordinator(etcd, fleet, 'c3');
  t.equal(c3.coordinator.core.credentials.withdrawals().counter, 2, 'one that has just started lets nobody in before it knows');
});

void t.test('the last admin and the coordinator that leads keep their certificates, whoever asks at the same time', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  const record = async (serial: string, identity: string, fingerprint = serial.repeat(64)): Promise<void> =>
    await core.credentials.record({ serial, fingerprint, identity, issuedAt: 1, isWithdrawn: false }, operator);
  await record('a', 'admin/anna');
  await record('b', 'operator/bob');
  await record('c', 'coordinator/c1', fingerprintOfCoordinator('c1'));
  await record('d', 'coordinator/c1');
  t.match(await errorOf(core.credentials.withdraw('a', '', operator)), {
    reason: 'NOT_ALLOWED_NOW',
    message: 'admin/anna is the last admin',
    hint: /uvsctl credentials issue NAME --role admin/,
  });
  await core.credentials.withdraw('b', '', operator);
  await core.credentials.withdraw('d', 'an older one of the same coordinator', operator);
  t.match(await errorOf(core.credentials.withdraw('c', '', operator)), {
    reason: 'NOT_ALLOWED_NOW',
    message: 'coordinator/c1 is the last coordinator',
    hint: /uvs-coordinator add/,
  });
  await record('e', 'coordinator/c2', fingerprintOfCoordinator('c2'));
  t.match(await errorOf(core.credentials.withdraw('c', '', operator)), { reason: 'NOT_ALLOWED_NOW', message: /coordinator\/c1 leads/ });
  await core.credentials.withdraw('e', 'stolen', operator);

  await record('f', 'admin/fritz');
  const both = await Promise.allSettled([core.credentials.withdraw('a', '', operator), core.credentials.withdraw('f', '', operator)]);
  t.equal(both.filter(({ status }) => status === 'fulfilled').length, 1, 'of two admins who withdraw each other one stays');
  const admins = (await core.credentials.list()).filter(({ identity }) => identity.startsWith('admin/'));
  t.equal(admins.filter(({ isWithdrawn }) => !isWithdrawn).length, 1);
  t.match(await core.credentials.find('b'), { identity: 'operator/bob', isWithdrawn: true });
  t.equal((await errorOf(core.credentials.find('9'))).reason, 'NOT_FOUND');
});

void t.test(
  'what was withdrawn stays so though etcd has forgotten it, also over a restart, and what is withdrawn afterwards is heard',
  async (t) => {
    using fleet = silentFleet();
    const [seen, withdrawals] = [seenInMemory(), withdrawalsInMemory()];
    const c1 = await startCoordinator(etcd, fleet, 'c1', { seen, withdrawals });
    const core = await untilLeader(c1);
    await enrolEight(core);
    for (const digit of ['a', 'b', 'c']) {
      const identity = `operator/${digit}`;
      await core.credentials.record(
        { serial: `0${digit}`, fingerprint: digit.repeat(64), identity, issuedAt: 1, isWithdrawn: false },
        operator,
      );
    }
    await core.tokens.create('used-up', 1, 600, operator);
    const snapshot = etcd.snapshot();
    await core.credentials.withdraw('0a', 'stolen', operator);
    await core.credentials.withdraw('0b', 'stolen', operator);
    await core.tokens.consume('used-up');
    const told = core.credentials.withdrawals().counter;
    await core.cluster.setBudget('cluster', 2, 'a promise, so that c1 remembers how far etcd was', operator, '');
    await c1[Symbol.asyncDispose]();
    await etcd.restore(snapshot);

    await using back = await startCoordinator(etcd, fleet, 'c1', { seen, withdrawals });
    const after = await untilLeader(back);
    const isWithdrawn = async () => (await after.credentials.list()).map((each) => each.isWithdrawn);
    t.strictSame(await isWithdrawn(), [true, true, false]);
    await after.cluster.adopt('restored', operator, '');
    t.match(await errorOf(after.tokens.consume('used-up')), { reason: 'PERMISSION_DENIED' });
    await after.credentials.withdraw('0c', 'stolen too', operator);
    t.strictSame(await isWithdrawn(), [true, true, true]);
    t.ok(after.credentials.withdrawals().counter > told, 'agents take it for news');

    // one that remembers nothing of its own learns all from etcd
    await using c2 = await startCoordinator(etcd, fleet, 'c2');
    t.strictSame(
      [...c2.coordinator.core.credentials.withdrawals().fingerprints].toSorted(),
      ['a', 'b', 'c'].map((digit) => digit.repeat(64)),
    );
  },
);

void t.test('a withdrawal is told only once its list is on the disk, and is tried again', async (t) => {
  using fleet = new FakeFleet(uids);
  let isFull = true;
  const store = withdrawalsInMemory();
  const withdrawals = {
    ...store,
    write: (...given: Parameters<typeof store.write>) => (isFull ? Promise.reject(new Error('ENOSPC')) : store.write(...given)),
  };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { withdrawals });
  const core = await untilLeader(c1);
  await core.credentials.record(
    { serial: '0a', fingerprint: 'f'.repeat(64), identity: 'operator/bob', issuedAt: 1, isWithdrawn: false },
    operator,
  );
  for (const time of ['first', 'second'])
    t.match(
      await errorOf(core.credentials.withdraw('0a', 'lost', operator)),
      { reason: 'DISK_FAILED', message: /is withdrawn, but/ },
      time,
    );
  t.equal(core.credentials.withdrawals().counter, 1, 'it counts all the same');
  isFull = false;
  t.match(await core.credentials.withdraw('0a', 'lost', operator), { isWithdrawn: true });
  t.match(await store.read(), { counter: 1 });
});
