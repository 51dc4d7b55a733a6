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
  await core.cluster.setBudget('role/mon', 1, 'careful', operator, '');
  t.equal(await message('cluster.set-budget'), '1, was not set: careful; known: none down', 'of the scope that is meant');
  await core.cluster.unsetBudget('cluster', 'repaired', operator, '');
  t.equal(await message('cluster.unset-budget'), `unset, was 2: repaired; ${known}`);
  await core.cluster.thaw('it has passed', operator, '');
  t.match(
    await message('cluster.thaw'),
    /^it has passed; known: it was frozen for: storm \(operator\/alice, [-0-9]{10}T[0-9:]{5}Z\); 2 down: demo154 \(updating\), demo155 \(cordoned\)$/,
  );
  const parallel = specOf({ ...toNode('demo157'), mode: 'parallel', budget: 4, reason: 'in a hurry' });
  await core.rollouts.create(parallel, operator, '');
  t.match(await message('rollouts.create'), `parallel, up to 4 at once: in a hurry; ${known}`);
  const acknowledging = specOf({ ...toNode('demo158'), acknowledgedChecks: ['TELEMETRY_CHANGED'], reason: 'it is known' });
  const { plan } = await core.rollouts.create(acknowledging, operator, '');
  t.match(await message('rollouts.create'), `rolling, acknowledged: TELEMETRY_CHANGED: it is known; ${known}`, 'one at a time, too');
  await core.rollouts.create(specOf(toNode('demo156')), operator, '');
  t.match(await message('rollouts.create'), /1 nodes, rolling$/u, 'what overrides nothing needs no word');
  await core.rollouts.pause(plan.id, 'lunch', operator, '');
  await core.rollouts.resume(plan.id, 'eaten', operator, '');
  t.equal(await message('rollouts.resume'), `eaten; known: it was paused by ${operator.identity}: lunch`);
  await core.rollouts.resume(plan.id, '', operator, '');
  t.equal(await message('rollouts.resume'), 'known: it was not paused');
  await core.nodes.uncordon('demo155', 'a new fan', operator, '');
  t.match(
    await message('nodes.uncordon'),
    /^demo155: a new fan; known: it was cordoned for: a fan; it holds no slot, it counts as cordoned, /u,
  );
});

void t.test('an approval is audited with what the canaries had shown, and what was left of their soak', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const canary = { nodes: ['demo155', 'demo158'], count: 0, soakMs: 3_600_000, needsApproval: true };
  const { plan } = await core.rollouts.create(specOf({ canary }), operator, '');
  await eventually('it soaks', async () =>
    /then (?:the others follow|the rollout pauses)/.test((await core.rollouts.get(plan.id)).waitingFor),
  );
  await core.rollouts.approve(plan.id, 'latency is fine', operator, '');
  t.match(await lastAudit(core, 'rollouts.approve'), {
    message: 'latency is fine; known: demo155, demo158 succeeded, about 60 min of the soak left',
  });
});
