import t from 'tap';
import { takeCensus } from '../../../coordinator/census.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { facts } from '../../support/domain-records.ts';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { begunSlot, endOf, silentFleet, soon, toNode } from '../../support/held-slots.ts';
import { whyWaiting } from '../../support/why-waiting.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('a plan changes nothing and says what the rollout would do and what holds it up', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.freeze('storm', operator, '');
  const { seq } = (await core.cluster.describe()).ledger;
  const plan = await core.rollouts.plan(specOf());
  t.equal(plan.steps.length, 8);
  t.equal(plan.fetchBytes, 8_000);
  t.match(plan.blockers, [{ kind: 'freeze', message: /storm/ }]);
  t.equal((await core.cluster.describe()).ledger.seq, seq);
  t.same(await core.rollouts.ids(), []);
});

void t.test('a repeated creation is one rollout', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.freeze('so that it waits', operator, '');
  const [one, two] = await Promise.all([core.rollouts.create(specOf(), operator, 'r1'), core.rollouts.create(specOf(), operator, 'r1')]);
  t.equal(one.plan.id, two.plan.id);
  t.equal((await core.rollouts.ids()).length, 1);
  const read: string[] = [];
  const range = c1.etcd.range.bind(c1.etcd);
  c1.etcd.range = (prefix, query) => (read.push(`${prefix}${query.isKeysOnly === true ? ' keys' : ''}`), range(prefix, query));
  t.match(
    (
      await takeCensus(core, { live: () => ({ facts: facts() }), declared: { limitStates: () => [], settingStates: () => [] } }, 0)
    )?.rollouts.get('running'),
    1,
  );
  t.same(
    read.filter((prefix) => !prefix.startsWith(keys.slots) && ![keys.members, `${keys.presences} keys`].includes(prefix)),
    [`${keys.rollouts} keys`],
    'monitoring reads no plans and no steps',
  );
});

void t.test('an aborted rollout binds the node that is not done with it, whom it names, and no other', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.setBudget('cluster', 8, 'two rollouts', operator, '');
  const osds = { selector: { all: false, nodes: [], roles: ['osd'], labels: {} } };
  fleet.agent(uidOf(4)).behaviour.ignoresCancels = true;
  const slot = await begunSlot(core, osds);
  await core.rollouts.abort(slot.rollout, 'wrong release', operator, '');
  await eventually('the others are let go', async () => {
    const { steps } = await core.rollouts.get(slot.rollout);
    return steps?.every(({ uid, state }) => uid === slot.uid || state === 'skipped' || state === 'pending');
  });
  await whyWaiting(core, slot.rollout, /^aborted; still to end: demo154: /);
  t.match(await errorOf(core.rollouts.create(specOf(toNode('demo154')), operator, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: new RegExp(`demo154 .* is not done with the aborted rollout ${slot.rollout}`),
  });
  const { plan } = await core.rollouts.create(specOf(osds), operator, '');
  t.notOk(plan.order.includes(slot.uid));
  t.match(plan.skipped[slot.uid], /is not done with the aborted rollout/);
  await eventually('one of the others has its turn', async () => (await core.slots.list()).some(({ rollout }) => rollout === plan.id));
  await core.slots.ended(slot.uid, endOf(slot, 'rolled-back'));
  await eventually('it is over', async () => (await core.rollouts.get(slot.rollout)).state.endedAt !== undefined);
});

void t.test('the nodes after a canary that has fallen ill wait for it, and then soak anew', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const canary = { nodes: [], count: 1, soakMs: 3_600_000, needsApproval: false };
  const selector = { all: false, nodes: [], roles: ['osd'], labels: {} };
  const { plan } = await core.rollouts.create(specOf({ mode: 'parallel', budget: 3, selector, canary }), operator, '');
  const untilWaiting = (reason: RegExp) =>
    eventually(String(reason), async () => reason.test((await core.rollouts.get(plan.id)).waitingFor));
  const soaking = /done \(demo154\) and soak for about 60 min more; then the others follow/;
  await untilWaiting(soaking);
  const agent = fleet.agent(uidOf(4));
  agent.behaviour.failedServices = ['ceph-osd@4'];
  fleet.changed(agent.uid);
  await untilWaiting(/demo154, which is not well \(unhealthy: not running: ceph-osd@4\)/);
  agent.behaviour.failedServices = [];
  fleet.changed(agent.uid);
  await untilWaiting(soaking);
  await core.nodes.cordon(agent.uid, 'its disk dies', operator, '');
  await untilWaiting(/demo154, which is not well \(cordoned: its disk dies\)/);
  t.same(
    (await core.rollouts.get(plan.id)).steps.map(({ beganAt }) => beganAt !== undefined),
    [true, false, false, false],
  );
});

void t.test('a node that waits for its turn does not go on showing a refusal that is over', async (t) => {
  using fleet = silentFleet();
  let isYes = false;
  const gates = [{ name: 'storage', kind: 'test', ask: async () => ({ isYes, message: 'a disk is full' }) }];
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates, timings: { slotTtlSeconds: 100 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const selector = { all: false, nodes: [], roles: ['osd'], labels: {} };
  const { plan } = await core.rollouts.create(specOf({ mode: 'parallel', budget: 1, selector }), operator, '');
  const untilSaid = (message: RegExp, count: number) =>
    eventually(String(message), async () => {
      const { steps } = await core.rollouts.get(plan.id);
      const told = await Promise.all(steps.map(async ({ operation }) => (await core.rollouts.operation(operation)).message));
      return [steps.map((step) => step.message), told].every((all) => all.filter((one) => message.test(one)).length === count);
    });
  await untilSaid(/a disk is full/, 4);
  isYes = true;
  const slot = await eventually('one is granted', async () => (await core.slots.list())[0]);
  t.match(await core.slots.begin(slot.uid, slot.operation, slot.token, soon()), { isYes: true });
  fleet.agent(slot.uid).operations.set(slot.operation, { phase: 'pre', token: slot.token, isRunning: true });
  fleet.changed(slot.uid);
  await untilSaid(/^staged, waiting for its turn$/, 3);
  await core.rollouts.pause(plan.id, 'lunch', operator, '');
  await untilSaid(/^staged, and the rollout is paused$/, 3);
});

void t.test('of a rollout that is over its counts are kept: a list reads none of its steps, of whichever page', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const name of [1, 2]) fleet.agent(uidOf(name)).behaviour.outcome = 'failed';
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ onFailure: { action: 'continue', tolerated: 2 } }), operator, '');
  await eventually('all others are done', async () => (await core.rollouts.get(plan.id)).state.state === 'paused');
  await core.rollouts.abort(plan.id, 'enough', operator, '');
  await eventually('it has ended', async () => (await core.rollouts.get(plan.id)).state.endedAt !== undefined);
  const counts = { succeeded: 6, failed: 2, skipped: 0 };
  await core.cluster.freeze('so that it waits', operator, '');
  const second = await core.rollouts.create(specOf(), operator, '');
  t.same(await core.rollouts.ids(), [second.plan.id, plan.id], 'newest first');
  const read: string[] = [];
  const [get, range] = [c1.etcd.get.bind(c1.etcd), c1.etcd.range.bind(c1.etcd)];
  c1.etcd.get = (key) => (read.push(key), get(key));
  c1.etcd.range = (prefix, query) => (read.push(prefix), range(prefix, query));
  const list = await core.rollouts.summaries([second.plan.id, 'ro-gone', plan.id]);
  t.match(list, [
    { plan: { id: second.plan.id }, counts: { succeeded: 0 } },
    { plan: { id: plan.id }, waitingFor: '', counts },
  ]);
  t.equal(list.length, 2, 'what is forgotten meanwhile is left out');
  const steps = keys.steps(plan.id);
  t.notOk(read.some((key) => key.startsWith(steps)));
  t.ok(read.includes(keys.rolloutState(plan.id)), 'it is noticed what is read');
  c1.etcd.get = async (key) => {
    const entry = await get(key);
    if (key !== keys.rolloutState(plan.id) || entry === undefined) return entry;
    const { counts: _counts, ...older } = JSON.parse(entry.value);
    return { ...entry, value: JSON.stringify(older) };
  };
  t.match(await core.rollouts.summaries([plan.id]), [{ counts }], 'one that ended before they were kept is counted');
  t.ok(read.some((key) => key.startsWith(steps)));
});

void t.test('operations are listed newest first, and found by their id', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(
    specOf({ selector: { all: false, nodes: ['demo154', 'demo155'], roles: [], labels: {} } }),
    operator,
    '',
  );
  await eventually('it has ended', async () => (await core.rollouts.get(plan.id)).state.endedAt !== undefined);
  const again = specOf({ selector: { all: false, nodes: ['demo154'], roles: [], labels: {} } });
  t.match(await core.rollouts.plan(again), { steps: [{ isInstalled: true }], blockers: { length: 0 }, fetchBytes: 0 });
  t.match(await errorOf(core.rollouts.create(again, operator, '')), { reason: 'RELEASE_NOT_NEWER' }, 'no rollout without work');
  const first = { uid: undefined, limit: 10, after: undefined };
  const all = await core.rollouts.operations(first);
  t.equal(all.operations.length, 2);
  t.equal(all.after, undefined);
  const [one] = (await core.rollouts.operations({ ...first, uid: uidOf(5) })).operations;
  t.match(one, { hostname: 'demo155', state: 'succeeded', outputTail: 'last line' });
  t.match(await core.rollouts.operation(one?.operation ?? ''), { uid: uidOf(5), rollout: plan.id });
  t.equal((await errorOf(core.rollouts.operation('op-none'))).reason, 'NOT_FOUND');
});
