import t from 'tap';
import type { Core } from '../../../coordinator/core.ts';
import type { RolloutView } from '../../../coordinator/rollout-view.ts';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { lastAudit } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

function until(core: Core, id: string, state: RolloutView['state']['state']): Promise<RolloutView> {
  return eventually(`${id} is ${state}`, async () => {
    const view = await core.rollouts.get(id);
    const isThere = view.state.state === state && (state === 'running' || state === 'paused' || view.state.endedAt !== undefined);
    return isThere ? view : undefined;
  });
}

const canary = { nodes: ['demo158', 'demo155'], count: 0, soakMs: 0, needsApproval: true };

void t.test('canaries go first, the others only once somebody approved, who is named', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ canary }), operator, '');
  t.strictSame(plan.order.slice(0, 3), [uidOf(5), uidOf(8), uidOf(1)], 'in the order of the ranks among themselves');
  const paused = await until(core, plan.id, 'paused');
  t.match(paused.state.reason, new RegExp(`the canaries are done .*uvsctl rollouts approve ${plan.id}`));
  t.strictSame(
    fleet.disturbances.map(({ uid }) => uid),
    [uidOf(5), uidOf(8)],
  );
  t.strictSame(
    paused.steps.filter(({ isCanary }) => isCanary).map(({ hostname }) => hostname),
    ['demo155', 'demo158'],
  );
  await core.rollouts.resume(plan.id, 'mended', operator, '');
  await until(core, plan.id, 'paused');
  t.equal(fleet.disturbances.length, 2, 'a resume is no approval');
  await core.rollouts.approve(plan.id, 'latency is fine', operator, '');
  const view = await until(core, plan.id, 'succeeded');
  t.equal(view.state.approvedBy, operator.identity);
  t.match(await lastAudit(core, 'rollouts.approve'), { actor: operator.identity, message: 'latency is fine' });
  t.equal(fleet.disturbances.length, 8);
});

void t.test('nothing can be approved before the canaries are done, or where there are none', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(5)).behaviour.ignoresGrants = true;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ canary }), operator, '');
  t.match(await errorOf(core.rollouts.approve(plan.id, 'x', operator, '')), { reason: 'NOT_ALLOWED_NOW', message: /not done yet/ });
  await core.rollouts.abort(plan.id, 'x', operator, '');
  fleet.agent(uidOf(5)).behaviour.ignoresGrants = false;
  await until(core, plan.id, 'aborted');
  const plain = await core.rollouts.create(specOf(), operator, '');
  t.match(await errorOf(core.rollouts.approve(plain.plan.id, 'x', operator, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: /has no canaries/,
  });
});

void t.test('an operator who pauses a rollout that is paused already stops it, whoever approves', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ canary }), operator, '');
  await until(core, plan.id, 'paused');
  const alice = { identity: 'operator/alice' };
  const bob = { identity: 'operator/bob' };
  const { state } = await core.rollouts.pause(plan.id, 'STOP: wrong release', alice, '');
  t.match(state, { state: 'paused', reason: 'STOP: wrong release', pause: { cause: 'operator', by: alice.identity } });
  t.match(await errorOf(core.rollouts.approve(plan.id, 'the canaries look fine', bob, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: `rollout ${plan.id} is paused by operator/alice, not for an approval: STOP: wrong release`,
  });
  t.strictSame((await core.rollouts.get(plan.id)).state, state);
  await core.rollouts.resume(plan.id, 'mended', alice, '');
  await eventually('it is paused for the approval again', async () => {
    const { pause } = (await core.rollouts.get(plan.id)).state;
    return pause?.cause === 'approval';
  });
  t.equal(fleet.disturbances.length, 2, 'only the canaries were disturbed');
});

void t.test('an approval does not undo a pause in the soak, and none that comes after it', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(2)).behaviour.outcome = 'rolled-back';
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ canary: { ...canary, soakMs: 3_600_000 } }), operator, '');
  const approve = () => core.rollouts.approve(plan.id, 'seen', operator, '');
  await eventually('it soaks', async () =>
    /then (?:the others follow|the rollout pauses)/.test((await core.rollouts.get(plan.id)).waitingFor),
  );
  await core.rollouts.pause(plan.id, 'lunch', operator, '');
  t.match(await errorOf(approve()), { reason: 'NOT_ALLOWED_NOW', message: /is paused by .*: lunch/ });
  await core.rollouts.resume(plan.id, 'mended', operator, '');
  await approve();
  const paused = await until(core, plan.id, 'paused');
  t.match(paused.state, { reason: /^demo152 failed/, pause: { cause: 'failure' }, approvedBy: operator.identity });
  t.match(await errorOf(approve()), { reason: 'NOT_ALLOWED_NOW', message: /was approved already, by operator/ });
  t.strictSame((await core.rollouts.get(plan.id)).state, paused.state);
});

void t.test('a canary that fails stops the rollout before any other node is disturbed, whatever is tolerated', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(8)).behaviour.outcome = 'rolled-back';
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ canary, onFailure: { action: 'continue', tolerated: 5 } }), operator, '');
  t.match((await until(core, plan.id, 'paused')).state.reason, /the canary demo158 failed/);
  t.equal(fleet.disturbances.length, 2);
});

void t.test('a rollout goes on past a failed node and one that never stages, and a resume tries these two only', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(4)).behaviour.outcome = 'rolled-back';
  fleet.agent(uidOf(6)).behaviour.stageMs = 60_000;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const onFailure = { action: 'continue', tolerated: 2 } as const;
  const { plan } = await core.rollouts.create(specOf({ onFailure, stageDeadlineMs: 1_000 }), operator, '');
  const paused = await until(core, plan.id, 'paused');
  t.match(paused.state.reason, /^all other nodes are done, 2 failed: demo154 failed: .*; demo156 failed: .*was not staged within 1 s/);
  await eventually('it was told to give up what it fetches', () => fleet.agent(uidOf(6)).operations.size === 0);
  t.equal(fleet.mostDisturbed, 1);
  const before = fleet.disturbances.length;
  fleet.agent(uidOf(4)).behaviour.outcome = 'installed';
  fleet.agent(uidOf(6)).behaviour.stageMs = 5;
  await core.rollouts.resume(plan.id, 'mended', operator, '');
  await until(core, plan.id, 'succeeded');
  t.strictSame(
    fleet.disturbances.slice(before).map(({ uid }) => uid),
    [uidOf(4), uidOf(6)],
  );
});

void t.test('a node that takes too long counts as failed and keeps its slot, so that no other goes', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(4)).behaviour.actMs = 3_000;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const selector = { all: false, nodes: [], roles: ['osd'], labels: {} };
  const onFailure = { action: 'continue', tolerated: 1 } as const;
  const { plan } = await core.rollouts.create(specOf({ selector, onFailure, stepDeadlineMs: 400 }), operator, '');
  await eventually('it has failed', async () => (await core.rollouts.get(plan.id)).steps[0]?.state === 'failed');
  t.match(await core.slots.list(), [{ uid: uidOf(4), state: 'begun' }]);
  await eventually('the next one waits for its slot', async () =>
    /rolling rollout 1 of 1 used: demo154/.test((await core.rollouts.get(plan.id)).waitingFor),
  );
  await until(core, plan.id, 'succeeded');
  t.equal(fleet.mostDisturbed, 1);
  t.equal((await core.rollouts.get(plan.id)).steps[0]?.state, 'succeeded', 'it ended well after all');
});

void t.test('a rollout that aborts on failure ends with the first', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(2)).behaviour.outcome = 'rolled-back';
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ onFailure: { action: 'abort', tolerated: 0 } }), operator, '');
  const view = await until(core, plan.id, 'aborted');
  t.match(view.state.reason, /^demo152 failed: it was rolled-back/);
  t.equal(fleet.disturbances.length, 2);
});

void t.test('a plan names its waves, and the time by the pace of the last rollout of its kind', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.actMs = 300;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const spec = specOf({ canary: { ...canary, nodes: ['demo155'], soakMs: 60_000 } });
  const unknown = await core.rollouts.plan(spec);
  t.match(unknown.steps[0], { node: { hostname: 'demo155' } });
  t.match(unknown.waves, [
    { name: 'canary', nodes: 1, atOnce: 1, soakMs: 60_000, needsApproval: true, expectedMs: undefined },
    { name: 'mon', nodes: 3 },
    { name: 'osd', nodes: 3 },
    { name: 'mds', nodes: 1 },
  ]);
  const selector = { all: false, nodes: ['demo151', 'demo154', 'demo158'], roles: [], labels: {} };
  await until(core, (await core.rollouts.create(specOf({ selector }), operator, '')).plan.id, 'succeeded');
  const known = await core.rollouts.plan(spec);
  const paceMs = (known.waves[0]?.expectedMs ?? 0) - 60_000;
  t.ok(paceMs >= 300 && paceMs < 3_000, `${paceMs} ms a node`);
  t.equal(known.waves[1]?.expectedMs, 2 * paceMs, 'two monitors are left');
  t.equal((await core.rollouts.plan(specOf({ goal: { kind: 'reboot' } }))).waves[0]?.expectedMs, undefined, 'no reboot is known');
  const parallel = await core.rollouts.plan(specOf({ mode: 'parallel', budget: 2 }));
  t.strictSame(parallel.waves, [{ name: 'all', nodes: 5, atOnce: 2, soakMs: 0, needsApproval: false, expectedMs: 3 * paceMs }]);
});
