import t from 'tap';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { begunSlot, lastAudit, silentFleet, toNode } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('each override is audited with what was known at that moment', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo154'));
  const message = async (action: string): Promise<string | undefined> => (await lastAudit(core, action))?.message;

  await core.nodes.cordon('demo154', 'new disk', operator, '');
  t.match(
    await message('nodes.cordon'),
    new RegExp(
      `^demo154: new disk; known: its slot for ${slot.operation} of ${slot.rollout} is begun, it counts as updating, last heard \\d+ s ago`,
    ),
  );
  await core.nodes.cordon('demo155', 'a fan', operator, '');
  const known = 'known: 2 down: demo154 (updating), demo155 (cordoned)';
  await core.cluster.freeze('storm', operator, '');
  t.equal(await message('cluster.freeze'), `storm; ${known}`);
  await core.cluster.setBudget('cluster', 5, 'repair', operator, '');
  t.equal(await message('cluster.set-budget'), `5, was 1 (default): repair; ${known}`);
  await core.cluster.setBudget('cluster', 2, 'repair', operator, '');
  t.equal(await message('cluster.set-budget'), `2, was 5: repair; ${known}`);
  await core.cluster.setBudget('role/mon', 1, '', operator, '');
  t.equal(await message('cluster.set-budget'), '1, was not set; known: none down', 'of the scope that is meant');
  await core.cluster.unsetBudget('cluster', 'repaired', operator, '');
  t.equal(await message('cluster.unset-budget'), `unset, was 2: repaired; ${known}`);
  await core.rollouts.create(specOf({ ...toNode('demo157'), mode: 'parallel', budget: 4 }), operator, '');
  t.match(await message('rollouts.create'), `up to 4 at once; ${known}`);
});

void t.test('an approval is audited with what the canaries had shown, and what was left of their soak', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const canary = { nodes: ['demo155', 'demo158'], count: 0, soakMs: 3_600_000, needsApproval: true };
  const { plan } = await core.rollouts.create(specOf({ canary }), operator, '');
  await eventually('it soaks', async () => /the others follow in/.test((await core.rollouts.get(plan.id)).waitingFor));
  await core.rollouts.approve(plan.id, 'latency is fine', operator, '');
  t.match(await lastAudit(core, 'rollouts.approve'), {
    message: 'latency is fine; known: demo155, demo158 succeeded, about 60 min of the soak left',
  });
});
