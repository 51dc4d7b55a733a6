import t from 'tap';
import type { SlotToken } from '../../../common/slot-token.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { enrolEight, operator, startCoordinator, uidOf, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { grantedSlot, silentFleet, soon, toNode } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test(
  'a node that says other roles once it has its slot is counted by those it had, and asked by them before it begins',
  async (t) => {
    using fleet = silentFleet();
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    await enrolEight(core);
    await core.cluster.setBudget('cluster', 3, '', operator, '');
    const other = await grantedSlot(core, toNode('demo154'));
    const first = await grantedSlot(core, toNode('demo155'));
    await core.cluster.setBudget('role/osd', 1, '', operator, '');
    for (const { uid } of [first, other]) {
      const { hostname } = core.nodes.find(uid);
      const { facts } = fleet.agent(uid);
      await core.nodes.learn(uid, { hostname, addresses: [], roles: ['rgw'], facts, openOperations: [], endedOperations: [] });
    }
    const answer = await core.slots.begin(other.uid, other.operation, other.token, soon());
    t.match(answer, { isYes: false, reason: 'budget role/osd 1 of 1 used: demo155 (updating)' });
  },
);

void t.test('a token of another epoch, grant, operation or node is refused; the right one begins, again and again', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core);
  const { uid, operation, token } = slot;
  const wrong: readonly [string, SlotToken, string, RegExp][] = [
    [uid, { ...token, epoch: '00000000-0000-4000-8000-000000000000' }, operation, /epoch/],
    [uid, { ...token, createRevision: token.createRevision - 1 }, operation, /earlier grant/],
    [uid, token, 'op-other', /slot is for/],
    [uidOf(8), token, operation, /no slot/],
  ];
  for (const [who, what, which, why] of wrong) {
    t.match(await core.slots.begin(who, which, what, soon()), { isYes: false, reason: why });
    t.equal((await core.slots.confirm(who, which, what)).isYes, false);
  }
  t.equal((await core.slots.confirm(uid, operation, token)).isYes, false, 'granted is not begun');
  t.same(await core.slots.begin(uid, operation, token, soon()), { isYes: true, reason: '' });
  const entry = await c1.etcd.get(keys.slot(uid));
  t.match(entry, { createRevision: token.createRevision, lease: '0' }, 'the same key, without its lease');
  t.equal((await core.slots.begin(uid, operation, token, soon())).isYes, true, 'already begun by the same operation is a yes');
  t.equal((await core.slots.confirm(uid, operation, token)).isYes, true);
  t.equal((await core.slots.begin(uid, operation, { ...token, createRevision: 1 }, soon())).isYes, false);
});

void t.test('after freeze, pause, abort or a smaller budget a granted slot does not begin', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { timings: { slotTtlSeconds: 60 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core);
  const begin = () => core.slots.begin(slot.uid, slot.operation, slot.token, soon());

  await core.cluster.freeze('storm', operator, '');
  t.match(await begin(), { isYes: false, reason: /frozen: storm \(operator\/alice, / });
  await core.cluster.thaw('over', operator, '');
  await core.nodes.cordon(uidOf(7), 'disk', operator, '');
  t.match(await begin(), { isYes: false, reason: /budget cluster 1 of 1 used: demo157 \(cordoned\)/ });
  await core.nodes.uncordon(uidOf(7), 'mended', operator, '');
  fleet.agent(uidOf(7)).link = undefined;
  t.match(await begin(), { isYes: false, reason: /demo157 \(silent\)/ });
  fleet.agent(uidOf(7)).link = fleet.agent(uidOf(8)).link;
  await core.cluster.setBudget('role/mon', 0, 'no monitors today', operator, '');
  t.match(await begin(), { isYes: false, reason: /role\/mon/ });
  await core.cluster.setBudget('role/mon', 1, '', operator, '');
  fleet.agent(slot.uid).behaviour.ignoresCancels = true;
  await core.rollouts.pause(slot.rollout, 'lunch', operator, '');
  t.match(await begin(), { isYes: false, reason: /the rollout is paused/ });
  await core.rollouts.abort(slot.rollout, 'enough', operator, '');
  t.match(await begin(), { isYes: false, reason: /the rollout is aborted/ });
  t.match(await core.slots.list(), [{ uid: slot.uid, state: 'granted' }], 'it goes with its lease or by the agent, not by a wish');
});

void t.test('a grant ends with its lease; what has begun does not', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { timings: { slotTtlSeconds: 2 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const first = await grantedSlot(core);
  const second = await eventually('granted anew', async () =>
    (await core.slots.list()).find((each) => each.token.createRevision !== first.token.createRevision),
  );
  t.equal(second.operation, first.operation);
  t.match(await core.slots.begin(first.uid, first.operation, first.token, soon()), { isYes: false, reason: /earlier grant/ });
  t.equal((await core.slots.begin(second.uid, second.operation, second.token, soon())).isYes, true);
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  t.equal((await core.slots.confirm(second.uid, second.operation, second.token)).isYes, true);
  t.match(await core.slots.list(), [{ state: 'begun' }]);
});
