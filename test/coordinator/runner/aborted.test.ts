import t from 'tap';
import type { Core } from '../../../coordinator/core.ts';
import type { RolloutPlanRecord } from '../../../coordinator/domain.ts';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import type { FleetAgent } from '../../support/fleet-agent.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

const nodes = (...names: readonly string[]) => ({ all: false, nodes: names, roles: [], labels: {} });

/** Cuts an agent off. @returns what brings it back, with all that it held */
function cutOff(agent: FleetAgent): () => void {
  const { link } = agent;
  agent.link = undefined;
  link?.changed(agent.uid);
  return () => {
    agent.link = link;
    link?.changed(agent.uid);
  };
}

/** Has an agent stage a release and no more. @returns the plan of the rollout that waits for its slot */
async function stagedOnly(core: Core, agent: FleetAgent): Promise<RolloutPlanRecord> {
  await core.cluster.freeze('only staging', operator, '');
  const { plan } = await core.rollouts.create(specOf({ selector: nodes(agent.uid) }), operator, '');
  await eventually('it is staged', () => [...agent.operations.values()].some(({ phase }) => phase === 'staged'));
  return plan;
}

void t.test('what a node kept ready for a rollout that was aborted while it was away is withdrawn when it comes back', async (t) => {
  using fleet = new FakeFleet(uids);
  const away = fleet.agent(uidOf(8));
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const plan = await stagedOnly(core, away);
  const comeBack = cutOff(away);
  await core.rollouts.abort(plan.id, 'not this one', operator, '');
  await eventually('it has ended', async () => (await core.rollouts.get(plan.id)).state.endedAt !== undefined);
  t.equal(away.operations.size, 1, 'it has heard nothing of that');
  comeBack();
  await eventually('it is free again', () => away.operations.size === 0);
});

void t.test('and so is what it was staging when its rollout was paused, while others still hold slots of the aborted one', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(1)).behaviour.actMs = 60_000;
  const away = fleet.agent(uidOf(8));
  away.behaviour.stageMs = 60_000;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ selector: nodes('demo151', 'demo158') }), operator, '');
  await eventually('one is disturbed and the other stages', () => fleet.disturbedNow === 1 && away.operations.size === 1);
  const comeBack = cutOff(away);
  await core.rollouts.pause(plan.id, 'lunch', operator, '');
  await core.rollouts.abort(plan.id, 'not this one', operator, '');
  await eventually('it is left alone', async () => (await core.rollouts.get(plan.id)).steps[1]?.state === 'skipped');
  comeBack();
  await eventually('it is free again', () => away.operations.size === 0);
  t.match(await core.slots.list(), [{ uid: uidOf(1), state: 'begun' }]);
  t.equal((await core.rollouts.get(plan.id)).state.endedAt, undefined);
  away.behaviour.stageMs = 0;
  const next = await core.rollouts.create(specOf({ selector: nodes('demo158') }), operator, '');
  await eventually('the next one has staged it', async () => (await core.rollouts.get(next.plan.id)).steps[0]?.state === 'staged');
});

void t.test('what a node stages is kept through a pause in which it is away', async (t) => {
  using fleet = new FakeFleet(uids);
  const away = fleet.agent(uidOf(8));
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const plan = await stagedOnly(core, away);
  const [kept] = away.operations.keys();
  const comeBack = cutOff(away);
  await core.rollouts.pause(plan.id, 'lunch', operator, '');
  await core.cluster.setBudget('cluster', 2, 'one is away', operator, '');
  await core.cluster.thaw('', operator, '');
  // another rollout goes on from its plan to its end meanwhile: this one was looked at
  const other = await core.rollouts.create(specOf({ selector: nodes('demo151') }), operator, '');
  await eventually('the other is done', async () => (await core.rollouts.get(other.plan.id)).state.state === 'succeeded');
  comeBack();
  await core.rollouts.resume(plan.id, '', operator, '');
  await eventually('it is done', async () => (await core.rollouts.get(plan.id)).state.state === 'succeeded');
  t.match((await core.rollouts.get(plan.id)).steps, [{ operation: kept, state: 'succeeded' }]);
});
