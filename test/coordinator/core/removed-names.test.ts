import t from 'tap';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { soonSilent, untilSilent } from '../../support/silence.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('nodes that leave a rollout keep their names in it, sent to them or not, for every leader and to the end', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(4)).behaviour.outcome = 'failed';
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { timings: soonSilent });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.setBudget('cluster', 8, 'one is silent', operator, '');
  // nothing is sent to one that is not heard
  fleet.agent(uidOf(5)).link = undefined;
  const names = ['demo154', 'demo155'];
  const selector = { all: false, nodes: names, roles: [], labels: {} };
  const { plan } = await core.rollouts.create(specOf({ selector }), operator, '');
  await eventually('the first has failed', async () => (await core.rollouts.get(plan.id)).state.state === 'paused');
  await core.nodes.remove('demo154', 'scrapped', operator, '');
  await untilSilent(core);
  await core.nodes.writeOff('demo155', 'burnt', true, operator, '');
  await core.rollouts.resume(plan.id, 'without them', operator, '');
  await eventually('it has ended', async () => (await core.rollouts.get(plan.id)).state.endedAt !== undefined);
  c1.kill();

  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const after = await untilLeader(c2);
  t.match((await after.rollouts.get(plan.id)).steps, [
    { hostname: 'demo154', state: 'skipped', message: 'the node has left the cluster' },
    { hostname: 'demo155', state: 'skipped', message: 'the node has left the cluster' },
  ]);
  t.match((await after.rollouts.operations({ uid: uidOf(4), limit: 9, after: undefined })).operations, [{ hostname: 'demo154' }]);
  const settled = (await after.audit.list({ limit: 99, before: undefined, resource: `rollouts/${plan.id}/steps` })).filter(({ message }) =>
    /has left the cluster/.test(message),
  );
  t.same(new Set(settled.map(({ hostname }) => hostname)), new Set(names));
});
