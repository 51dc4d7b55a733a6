import t from 'tap';
import type { Core } from '../../../coordinator/core.ts';
import type { RolloutView } from '../../../coordinator/rollout-view.ts';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

function untilEnded(core: Core, id: string): Promise<RolloutView> {
  return eventually(
    `${id} has ended`,
    async () => {
      const view = await core.rollouts.get(id);
      return view.state.endedAt === undefined ? undefined : view;
    },
    20_000,
  );
}

for (const moment of ['while a node is disturbed', 'while a grant is on its way', 'while an end is reported'] as const) {
  void t.test(`a leader killed ${moment} is followed by another, which finishes; never two nodes at once`, async (t) => {
    using fleet = new FakeFleet(uids);
    for (const agent of fleet.agents.values()) agent.behaviour.actMs = 30;
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    await enrolEight(core);
    await using c2 = await startCoordinator(etcd, fleet, 'c2');
    let begun = 0;
    let grants = 0;
    fleet.onDisturb = () => {
      begun += 1;
      if (begun === 3 && moment === 'while a node is disturbed') c1.kill();
    };
    c1.etcd.onTxn = (changes) => {
      const slot = changes.find((change) => change.do === 'put' && change.key.startsWith('/uvs/v1/slots/'));
      const state = slot?.do === 'put' ? slot.value : '';
      if (state.includes('"granted"')) grants += 1;
      const isMoment =
        (moment === 'while a grant is on its way' && grants === 3 && state.includes('"granted"')) ||
        (moment === 'while an end is reported' && begun === 3 && state.includes('"ended"'));
      if (!isMoment) return 'pass';
      // it arrives in etcd, and nobody hears of it
      setImmediate(() => c1.kill());
      return 'lose-answer';
    };
    const { plan } = await core.rollouts.create(specOf(), operator, 'r1');
    const after = await untilLeader(c2);
    const view = await untilEnded(after, plan.id);
    t.equal(view.state.state, 'succeeded');
    t.equal(fleet.mostDisturbed, 1);
    t.same(
      fleet.disturbances.map((each) => each.uid),
      plan.order,
      'each node once, in the order of the plan',
    );
    t.same(await after.slots.list(), []);
  });
}

void t.test('a leader that can not renew its lease stops before the next one begins', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.actMs = 300;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const { plan } = await core.rollouts.create(specOf(), operator, 'r1');
  await eventually('it is under way', () => fleet.disturbances.length >= 1);
  c1.etcd.isKeepAliveBlocked = true;
  let bothLed = false;
  const watching = setInterval(() => (bothLed ||= c1.coordinator.isLeader() && c2.coordinator.isLeader()), 5);
  const after = await untilLeader(c2);
  c1.etcd.isKeepAliveBlocked = false;
  const view = await untilEnded(after, plan.id);
  clearInterval(watching);
  t.equal(view.state.state, 'succeeded');
  t.equal(bothLed, false);
  t.equal(fleet.mostDisturbed, 1);
});

void t.test('a leader that stops hands over at once', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.actMs = 30;
  const c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const { plan } = await core.rollouts.create(specOf(), operator, 'r1');
  await eventually('it is under way', () => fleet.disturbances.length >= 2);
  const startMs = performance.now();
  await c1[Symbol.asyncDispose]();
  const after = await untilLeader(c2);
  const tookMs = performance.now() - startMs;
  t.ok(tookMs < 1_000, `${Math.round(tookMs)} ms`);
  t.equal((await untilEnded(after, plan.id)).state.state, 'succeeded');
  t.equal(fleet.mostDisturbed, 1);
  t.match(await after.cluster.describe(), { leader: { id: 'c2' }, members: [{ id: 'c1' }, { id: 'c2' }] });
});
