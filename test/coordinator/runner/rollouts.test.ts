import t from 'tap';
import type { Core } from '../../../coordinator/core.ts';
import type { RolloutChange, RolloutView } from '../../../coordinator/rollout-view.ts';
import {
  enrolEight,
  FakeFleet,
  operator,
  packageOf,
  specOf,
  startCoordinator,
  uidOf,
  uids,
  untilLeader,
  wipe,
} from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { factsOf, nodeOf } from '../../support/fleet-records.ts';
import { errorOf } from '../../support/failure.ts';
import { median } from '../../bench/table.ts';

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

const nodes = (...names: readonly string[]) => ({ all: false, nodes: names, roles: [], labels: {} });

void t.test('two rollouts at once never disturb more nodes than the budget allows', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const first = await core.rollouts.create(specOf({ selector: nodes('demo151', 'demo154', 'demo155') }), operator, '');
  const second = await core.rollouts.create(specOf({ selector: nodes('demo152', 'demo156', 'demo157') }), operator, '');
  const again = await errorOf(core.rollouts.create(specOf({ selector: nodes('demo151') }), operator, ''));
  t.match(again, { reason: 'NOT_ALLOWED_NOW', message: new RegExp(first.plan.id) });
  await Promise.all([until(core, first.plan.id, 'succeeded'), until(core, second.plan.id, 'succeeded')]);
  t.equal(fleet.mostDisturbed, 1);
  t.equal(fleet.disturbances.length, 6);
});

void t.test('a parallel rollout stays within its budget and keeps the quorum of the monitors', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.actMs = 60;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ mode: 'parallel', budget: 3 }), operator, '');
  await until(core, plan.id, 'succeeded');
  t.ok(fleet.mostDisturbed > 1 && fleet.mostDisturbed <= 3, `${fleet.mostDisturbed} at once`);
  const monitors = fleet.disturbances.filter(({ uid }) => [1, 2, 3].map(uidOf).includes(uid));
  t.equal(monitors.length, 3);
  for (const one of monitors) {
    t.notOk(
      monitors.some((other) => other !== one && other.fromMs < one.toMs && one.fromMs < other.toMs),
      'monitors one by one',
    );
  }
});

void t.test('a failure pauses with its reason; resuming tries what failed again, and only that', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(2)).behaviour.outcome = 'rolled-back';
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf(), operator, '');
  const paused = await until(core, plan.id, 'paused');
  t.match(paused.state.reason, /demo152 failed: it was rolled-back/);
  t.same(
    paused.steps.slice(0, 2).map(({ state }) => state),
    ['succeeded', 'failed'],
  );
  t.equal(fleet.disturbances.length, 2);
  t.same(await core.slots.list(), [], 'its slot is free: it is healthy');
  fleet.agent(uidOf(2)).behaviour.outcome = 'installed';
  t.equal((await core.rollouts.resume(plan.id, 'mended', operator, 'x')).state.attempt, 2);
  t.equal((await core.rollouts.resume(plan.id, 'mended', operator, 'x')).state.attempt, 2, 'a repeated request is one');
  await until(core, plan.id, 'succeeded');
  t.same(
    fleet.disturbances.map(({ uid }) => uid),
    [uidOf(1), uidOf(2), uidOf(2), ...plan.order.slice(2)],
  );
  t.match(await errorOf(core.rollouts.resume(plan.id, 'mended', operator, '')), { reason: 'NOT_ALLOWED_NOW' });
});

void t.test('a node that failed and got the release from its console is done once the rollout is resumed', async (t) => {
  using fleet = new FakeFleet(uids);
  const failing = fleet.agent(uidOf(2));
  failing.behaviour.outcome = 'rolled-back';
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf(), operator, '');
  await until(core, plan.id, 'paused');
  failing.facts = factsOf('2.14.17', 'boot-1', ['uvs']);
  await core.rollouts.resume(plan.id, 'mended', operator, '');
  const { steps } = await until(core, plan.id, 'succeeded');
  t.match(steps[1], { uid: uidOf(2), state: 'skipped', message: 'already has 2.14.17' });
  t.equal(fleet.disturbances.filter(({ uid }) => uid === uidOf(2)).length, 1, 'it is not disturbed again');
  t.equal(fleet.disturbances.length, 8);
});

void t.test('a failure after a resume pauses again, though its node was staged before it', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const index of [2, 3]) fleet.agent(uidOf(index)).behaviour.outcome = 'rolled-back';
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf(), operator, '');
  await until(core, plan.id, 'paused');
  await eventually('all others are staged', async () => {
    const { steps } = await core.rollouts.get(plan.id);
    return steps.slice(2).every(({ state }) => state === 'staged');
  });
  fleet.agent(uidOf(2)).behaviour.outcome = 'installed';
  await core.rollouts.resume(plan.id, 'mended', operator, '');
  const paused = await until(core, plan.id, 'paused');
  t.match(paused.state.reason, /demo153 failed: it was rolled-back/);
  t.same(
    fleet.disturbances.map(({ uid }) => uid),
    [uidOf(1), uidOf(2), uidOf(2), uidOf(3)],
    'it is not tried again by itself',
  );
});

void t.test('pause begins nobody else and lets who has begun end; abort ends for good', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.actMs = 50;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf(), operator, '');
  await eventually('one is disturbed', () => fleet.disturbedNow === 1);
  await core.rollouts.pause(plan.id, 'lunch', operator, '');
  await eventually('it is let out', async () => (await core.slots.list()).length === 0);
  const begun = fleet.disturbances.length + fleet.disturbedNow;
  t.match(await core.rollouts.get(plan.id), { state: { state: 'paused', reason: 'lunch' }, waitingFor: /lunch/ });
  await core.rollouts.abort(plan.id, 'enough', operator, '');
  const view = await until(core, plan.id, 'aborted');
  t.equal(fleet.disturbances.length, begun);
  t.same(
    [...new Set(view.steps.map(({ state }) => state))].toSorted(),
    ['pending', 'skipped', 'succeeded'].filter((state) => view.steps.some((step) => step.state === state)),
  );
  t.equal((await core.rollouts.ids())[0], plan.id);
});

void t.test('a deadline pauses with a reason and frees nothing', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(1)).behaviour.actMs = 3_000;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ stepDeadlineMs: 400 }), operator, '');
  const paused = await until(core, plan.id, 'paused');
  t.match(paused.state.reason, /demo151 was not confirmed within/);
  t.match(await core.slots.list(), [{ uid: uidOf(1), state: 'begun' }]);
});

void t.test('a node that waits for the budget says for whom', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(1)).behaviour.actMs = 600;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.rollouts.create(specOf({ selector: nodes('demo151') }), operator, '');
  await eventually('it is disturbed', () => fleet.disturbedNow === 1);
  const { plan } = await core.rollouts.create(specOf({ selector: nodes('demo154') }), operator, '');
  const view = await eventually('it waits', async () => {
    const now = await core.rollouts.get(plan.id);
    return now.waitingFor.includes('budget') ? now : undefined;
  });
  t.equal(view.waitingFor, 'demo154: budget cluster 1 of 1 used: demo151 (updating)');
  await until(core, plan.id, 'succeeded');
});

void t.test('a watch starts with the whole and tells what changes until the end', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.actMs = 80;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ selector: nodes('demo151', 'demo152') }), operator, '');
  const changes: RolloutChange[] = [];
  for await (const change of core.rollouts.watch(plan.id, AbortSignal.timeout(10_000))) changes.push(change);
  t.equal(changes[0]?.kind, 'snapshot');
  const told = changes.filter((change) => change.kind === 'step').map(({ step }) => `${step.hostname} ${step.state}`);
  for (const expected of ['demo151 begun', 'demo151 succeeded', 'demo152 begun', 'demo152 succeeded'])
    t.ok(told.includes(expected), expected);
  const last = changes.findLast((change) => change.kind === 'rollout');
  t.equal(last?.rollout.state.state, 'succeeded');
  const late: RolloutChange[] = [];
  for await (const change of core.rollouts.watch(plan.id, AbortSignal.timeout(10_000))) late.push(change);
  t.same(
    late.map(({ kind }) => kind),
    ['snapshot'],
    'of one that has ended there is nothing more to tell',
  );
});

void t.test('a watch ends with NOT_LEADER when the leadership is lost', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(1)).behaviour.actMs = 5_000;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf(), operator, '');
  const watch = core.rollouts.watch(plan.id, AbortSignal.timeout(10_000))[Symbol.asyncIterator]();
  await watch.next();
  const refusal = errorOf(
    (async () => {
      for (;;) if ((await watch.next()).done === true) return;
    })(),
  );
  c1.etcd.isKeepAliveBlocked = true;
  t.equal((await refusal).reason, 'NOT_LEADER');
});

/** How long it took each time from a node's evidence of health to the next one's yes to begin. */
function turnsOf({ moments }: FakeFleet): readonly number[] {
  return moments.flatMap(({ what, atMs }, index) => {
    const before = moments[index - 1];
    return what === 'begun' && before?.what === 'healthy' ? [atMs - before.atMs] : [];
  });
}

void t.test('a hundred nodes: what the coordinator takes for each', async (t) => {
  const many = Array.from({ length: 100 }, (_, index) => `11111111-0000-4000-8000-${String(index).padStart(12, '0')}`);
  using fleet = new FakeFleet(many);
  for (const agent of fleet.agents.values()) Object.assign(agent.behaviour, { stageMs: 0, actMs: 0 });
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { timings: { stagingLimit: 100 } });
  const core = await untilLeader(c1);
  await core.packages.add(packageOf(), operator);
  for (const [index, uid] of many.entries()) await core.nodes.enrol(nodeOf(uid, `n${index}`, ['osd']), operator);
  const client = etcd.client();
  const onceMs = performance.now();
  for (let at = 0; at < 200; at += 1) await client.txn([], [{ do: 'put', key: '/bench', value: String(at) }]);
  const txnMs = (performance.now() - onceMs) / 200;
  const before = { ...c1.etcd.counts };
  const startMs = performance.now();
  const { plan } = await core.rollouts.create(specOf(), operator, '');
  for await (const change of core.rollouts.watch(plan.id, AbortSignal.timeout(60_000))) if (change.kind === 'snapshot') continue;
  const perNodeMs = (performance.now() - startMs) / many.length;
  t.equal(fleet.mostDisturbed, 1);
  t.equal(fleet.disturbances.length, 100);
  const { counts } = c1.etcd;
  const turns = turnsOf(fleet);
  t.equal(turns.length, 99);
  const turnMs = median(turns);
  const [transactions, leases] = [(counts.txn - before.txn) / many.length, (counts.lease - before.lease) / many.length];
  // counts do not depend on how fast the machine is: 4 and 1 are the least
  t.ok(transactions < 4.5, `${transactions.toFixed(2)} transactions for each node`);
  t.ok(leases <= 1.1, `${leases.toFixed(2)} leases for each node`);
  // 4 to 8 were measured; that is for what waits for something else than etcd, a tick for example
  t.ok(
    turnMs < 40 * txnMs,
    `${(turnMs / txnMs).toFixed(1)} times what a transaction takes, from one node's health to the next one's begin`,
  );
  t.comment(
    `from a node's health to the next one's begin: ${turnMs.toFixed(1)} ms = ${(turnMs / txnMs).toFixed(1)} etcd transactions of ${txnMs.toFixed(2)} ms; ` +
      `per node: ${perNodeMs.toFixed(1)} ms = ${(perNodeMs / txnMs).toFixed(1)} of them; ` +
      `${transactions.toFixed(2)} transactions, ${leases.toFixed(2)} leases, ` +
      `${((counts.get - before.get) / 100).toFixed(2)} reads, ${((counts.range - before.range) / 100).toFixed(2)} ranges`,
  );
});

void t.test('a node that joins while a rollout goes on is told of, and is left to the next one', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(4)).behaviour.ignoresGrants = true;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const selector = { all: false, nodes: [], roles: ['osd'], labels: {} };
  const { plan } = await core.rollouts.create(specOf({ selector }), operator, '');
  t.strictSame((await core.rollouts.get(plan.id)).newcomers, []);
  await core.nodes.enrol({ ...nodeOf(uidOf(4), 'demo159', ['osd']), uid: '00000000-0000-4000-8000-000000000009' }, operator);
  await core.nodes.enrol({ ...nodeOf(uidOf(4), 'demo160', ['rgw']), uid: '00000000-0000-4000-8000-000000000010' }, operator);
  t.strictSame((await core.rollouts.get(plan.id)).newcomers, ['demo159'], 'the other one is not selected');
  await core.rollouts.abort(plan.id, 'enough', operator, '');
});
