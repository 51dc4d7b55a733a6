import t from 'tap';
import type { Core } from '../../../coordinator/core.ts';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { silentFleet, soon, toNode } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

const monitors = specOf({ selector: { all: false, nodes: [], roles: ['mon'], labels: {} } });

async function hasSucceeded(core: Core, id: string): Promise<boolean> {
  try {
    return (await core.rollouts.get(id)).state.state === 'succeeded';
  } catch {
    // it does not lead at this moment
    return false;
  }
}

void t.test('the leader goes last in its rank, and another coordinator leads while its own machine is disturbed', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.actMs = 100;
  // as the machine itself may be called
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { nodeName: 'Demo151.storage.example' });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await using c2 = await startCoordinator(etcd, fleet, 'c2', { nodeName: 'demo152' });
  const { plan } = await core.rollouts.create(monitors, operator, '');
  t.strictSame(plan.order, [uidOf(2), uidOf(3), uidOf(1)]);
  await eventually('the second one leads', () => c2.coordinator.isLeader());
  t.strictSame(fleet.disturbances.map(({ uid }) => uid).slice(0, 2), [uidOf(2), uidOf(3)], 'demo152 was disturbed while c1 led');
  await eventually('it is done', () => hasSucceeded(c2.coordinator.core, plan.id));
  t.equal(c2.coordinator.isLeader(), true, 'the leadership moved once');
  t.equal(fleet.mostDisturbed, 1);
});

void t.test('where every coordinator’s machine has its turn at once the leadership does not go round', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.actMs = 100;
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { nodeName: 'demo151' });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await using c2 = await startCoordinator(etcd, fleet, 'c2', { nodeName: 'demo152' });
  await using c3 = await startCoordinator(etcd, fleet, 'c3', { nodeName: 'demo153' });
  let terms = 1;
  const all = [c1, c2, c3];
  const watched = all.map(({ coordinator }) => coordinator.onChange(() => void (coordinator.isLeader() && (terms += 1))));
  const { plan } = await core.rollouts.create({ ...monitors, mode: 'parallel', budget: 3 }, operator, '');
  const isDone = async (): Promise<boolean> =>
    (await Promise.all(all.map((each) => hasSucceeded(each.coordinator.core, plan.id)))).some(Boolean);
  await eventually('it is done', isDone);
  for (const each of watched) each[Symbol.dispose]();
  t.ok(terms <= 4, `${terms} terms`);
});

void t.test('a leader keeps a term that has just begun, and disturbs its own machine: no node makes the leadership wander', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { nodeName: 'demo151', timings: { handOverAfterMs: 600_000 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await using c2 = await startCoordinator(etcd, fleet, 'c2', { nodeName: 'demo152' });
  const { plan } = await core.rollouts.create(monitors, operator, '');
  let losses = 0;
  using _watched = c1.coordinator.onChange(() => {
    if (!c1.coordinator.isLeader()) losses += 1;
  });
  await eventually('it is done', () => hasSucceeded(core, plan.id));
  t.equal(losses, 0);
  t.equal(c2.coordinator.isLeader(), false);
});

void t.test('a leader that nobody relieves disturbs its own machine itself', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { nodeName: 'demo151', timings: { handOverMs: 500 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await using c2 = await startCoordinator(etcd, fleet, 'c2', { nodeName: 'demo152' });
  c2.kill();
  const { plan } = await core.rollouts.create(monitors, operator, '');
  await eventually('it is done', () => hasSucceeded(core, plan.id));
  t.equal(fleet.disturbances.length, 3);
  const again = await core.rollouts.create({ ...monitors, goal: { kind: 'reboot' } }, operator, '');
  t.equal(c1.coordinator.isLeader(), true);
  await core.rollouts.abort(again.plan.id, 'enough', operator, '');
});

void t.test('alone in its cluster a leader gives nothing away', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { nodeName: 'demo151' });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(monitors, operator, '');
  let losses = 0;
  using _watched = c1.coordinator.onChange(() => {
    if (!c1.coordinator.isLeader()) losses += 1;
  });
  await eventually('it is done', () => hasSucceeded(core, plan.id));
  t.equal(losses, 0);
});

void t.test('a leadership that came back after the grant is given away again before the leader’s own machine begins', async (t) => {
  using fleet = silentFleet();
  const timings = { handOverMs: 2_000 };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { nodeName: 'demo151', timings });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const c2 = await startCoordinator(etcd, fleet, 'c2', { nodeName: 'demo152', timings });
  const { plan } = await core.rollouts.create(specOf({ ...toNode('demo151'), goal: { kind: 'reboot' } }), operator, '');
  const second = await untilLeader(c2);
  const slot = await eventually('c2 grants', async () => (await second.slots.list()).find(({ rollout }) => rollout === plan.id));
  await c2[Symbol.asyncDispose]();
  const again = await untilLeader(c1);
  await using c3 = await startCoordinator(etcd, fleet, 'c3', { nodeName: 'demo153', timings });

  const invented = { ...slot.token, createRevision: slot.token.createRevision + 1 };
  t.match(await again.slots.begin(slot.uid, slot.operation, invented, soon()), { isYes: false });
  t.ok(c1.coordinator.isLeader(), 'for a begin that is refused nothing is given away');
  t.match(await errorOf(again.slots.begin(slot.uid, slot.operation, slot.token, soon())), { reason: 'NOT_LEADER' });
  const third = await untilLeader(c3);
  t.match(await third.slots.begin(slot.uid, slot.operation, slot.token, soon()), { isYes: true });
  t.notOk(c1.coordinator.isLeader());
});

void t.test('the leader’s own machine begins where no other coordinator takes over', async (t) => {
  using fleet = silentFleet();
  // long enough for the other to take the first hand-over on a busy machine: one that is not taken is not tried again
  const timings = { handOverMs: 3_000 };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { nodeName: 'demo151', timings });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const c2 = await startCoordinator(etcd, fleet, 'c2', { nodeName: 'demo152', timings });
  const { plan } = await core.rollouts.create(specOf({ ...toNode('demo151'), goal: { kind: 'reboot' } }), operator, '');
  const second = await untilLeader(c2);
  const slot = await eventually('c2 grants', async () => (await second.slots.list()).find(({ rollout }) => rollout === plan.id));
  await c2[Symbol.asyncDispose]();
  const again = await untilLeader(c1);
  t.match(await errorOf(again.slots.begin(slot.uid, slot.operation, slot.token, soon())), { reason: 'NOT_LEADER' });
  const anew = await untilLeader(c1);
  t.match(await anew.slots.begin(slot.uid, slot.operation, slot.token, soon()), { isYes: true });
});
