import t from 'tap';
import { enrolEight, operator, seenInMemory, startCoordinator, untilLeader, wipe, withdrawalsInMemory } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { errorOf } from '../../support/failure.ts';
import { silentFleet } from '../../support/held-slots.ts';

t.setTimeout(120_000);
const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

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
