import t from 'tap';
import { enrolEight, operator, seenInMemory, specOf, startCoordinator, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { errorOf } from '../../support/failure.ts';
import { begunSlot, silentFleet, toNode } from '../../support/held-slots.ts';
import { sayHello } from '../../support/hello.ts';
import { whyWaiting } from '../../support/why-waiting.ts';

t.setTimeout(120_000);
const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('while it is held or adopted, a node that has not told is removed by force only, and goes on counting', async (t) => {
  using fleet = silentFleet();
  const seen = seenInMemory();
  const c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const snapshot = etcd.snapshot();
  const lost = await begunSlot(core, toNode('demo154'));
  await c1[Symbol.asyncDispose]();
  await etcd.restore(snapshot);

  await using again = await startCoordinator(etcd, fleet, 'c1', { seen });
  const after = await untilLeader(again);
  // cut off in the middle of what etcd has forgotten
  fleet.agent(lost.uid).link = undefined;
  t.match(await errorOf(after.nodes.remove('demo154', 'gone?', operator, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: /may have forgotten what the node has begun/,
  });
  await after.cluster.adopt('restored', operator, '');
  t.match(await errorOf(after.nodes.remove('demo154', 'gone?', operator, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: 'demo154 may be out of service: etcd was adopted, and the node has not told yet what it holds',
    hint: /write-off demo154/,
  });
  for (const uid of uids) if (uid !== lost.uid) await sayHello(after, fleet, uid);
  await after.nodes.remove('demo158', 'it has told that it holds nothing', operator, '');
  const { plan } = await after.rollouts.create(specOf(toNode('demo155')), operator, '');
  await whyWaiting(after, plan.id, /1 nodes have not told yet what they hold: demo154/);

  await after.nodes.remove('demo154', 'its board is being swapped', operator, '', { isForced: true, isPoweredOff: true });
  t.match(await after.slots.list(), [{ uid: lost.uid, hostname: 'demo154', state: 'quarantined', operation: 'unknown' }]);
  await whyWaiting(after, plan.id, /budget cluster 1 of 1 used: demo154 \(removed\)/);
});
