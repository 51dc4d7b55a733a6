import t from 'tap';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { toNode } from '../../support/held-slots.ts';
import { whyWaiting } from '../../support/why-waiting.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('an unhealthy node waits, with the way out, and gets the release that mends it from a rollout that says so', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { behaviour, uid } = fleet.agent(uidOf(4));
  behaviour.failedServices = ['ceph-osd@4'];
  fleet.changed(uid);
  const { plan } = await core.rollouts.create(specOf(toNode('demo154')), operator, '');
  await whyWaiting(
    core,
    plan.id,
    /demo154 is unhealthy: not running: ceph-osd@4 \(a rollout that is to mend it acknowledges UVS_NODE_UNHEALTHY\)/,
  );
  await core.rollouts.abort(plan.id, 'to mend it', operator, '');
  await eventually('it is over', async () => (await core.rollouts.get(plan.id)).state.endedAt !== undefined);

  const wish = specOf({ ...toNode('demo154'), acknowledgedChecks: ['UVS_NODE_UNHEALTHY'], reason: 'mends it' });
  t.same((await core.rollouts.plan(wish)).blockers, []);
  const mending = await core.rollouts.create(wish, operator, '');
  await whyWaiting(core, mending.plan.id, /demo154: .*not running: ceph-osd@4/);
  t.match(await core.slots.list(), [{ uid, state: 'ended' }], 'it has the release, and its slot until it is well');
  behaviour.failedServices = [];
  fleet.changed(uid);
  await eventually('it is mended', async () => (await core.rollouts.get(mending.plan.id)).state.state === 'succeeded', 30_000);
});
