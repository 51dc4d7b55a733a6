import t from 'tap';
import { keys } from '../../../coordinator/state/keys.ts';
import { enrolEight, operator, specOf, startCoordinator, uidOf, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { factsOf } from '../../support/fleet-records.ts';
import { errorOf } from '../../support/failure.ts';
import { begunSlot, endOf, grantedSlot, silentFleet, soon, toNode, unforced } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('what an agent says ended keeps its slot until there is evidence of health asked for afterwards', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core);
  t.equal((await core.slots.begin(slot.uid, slot.operation, slot.token, soon())).isYes, true);
  const agent = fleet.agent(slot.uid);
  agent.behaviour.failedServices = ['ceph-mon@a'];
  agent.operations.clear();
  t.equal(
    (await errorOf(core.slots.ended(slot.uid, { ...endOf(slot, 'installed'), token: { ...slot.token, createRevision: 1 } }))).reason,
    'TOKEN_INVALID',
  );
  const tail = `post| first\n${'post| so it went\n'.repeat(64)}`;
  await core.slots.ended(slot.uid, { ...endOf(slot, 'installed'), outputTail: tail });
  await core.slots.ended(slot.uid, endOf(slot, 'installed'));
  await eventually('the reason is told', async () => /not running: ceph-mon@a/.test((await core.rollouts.get(slot.rollout)).waitingFor));
  t.match(await core.slots.list(), [{ uid: slot.uid, state: 'ended', outcome: 'installed' }]);
  t.match(await core.slots.begin(slot.uid, slot.operation, slot.token, soon()), { isYes: false, reason: /ended/ });
  agent.behaviour.failedServices = [];
  await eventually('what it lacks is told', async () =>
    /reported 2\.14\.17 as installed and does not show it: uvs/.test((await core.rollouts.get(slot.rollout)).waitingFor),
  );
  agent.facts = factsOf('2.14.17', 'boot-1', ['uvs']);
  await eventually('freed', async () => (await core.slots.list()).every((each) => each.uid !== slot.uid));
  const view = await core.rollouts.operation(slot.operation);
  t.match(view, { state: 'succeeded', outcome: 'installed', hostname: 'demo151' });
  t.equal(view.outputTail, 'post| so it went\n'.repeat(60), 'whole lines, as many as are kept');
  await core.slots.ended(slot.uid, endOf(slot, 'installed'));
});

void t.test('a slot whose release was followed by a newer one on the node is freed: a restore may bring its end back', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core);
  t.equal((await core.slots.begin(slot.uid, slot.operation, slot.token, soon())).isYes, true);
  const agent = fleet.agent(slot.uid);
  agent.operations.clear();
  const there = { component: 'uvs', version: '2.14', epoch: 0, manifestHash: 'c'.repeat(64) };
  agent.facts = { ...agent.facts, installed: [{ ...there, releaseSeq: 16 }] };
  await core.slots.ended(slot.uid, endOf(slot, 'installed'));
  await eventually('an older one is not enough', async () =>
    /does not show it: uvs/.test((await core.rollouts.get(slot.rollout)).waitingFor),
  );
  agent.facts = { ...agent.facts, installed: [{ ...there, releaseSeq: 18 }] };
  await eventually('freed', async () => (await core.slots.list()).every((each) => each.uid !== slot.uid));
});

void t.test('never-acted on a granted slot frees it at once, without a probe', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core);
  await core.cluster.freeze('so that nothing else is granted', operator, '');
  fleet.agent(slot.uid).operations.clear();
  await core.slots.ended(slot.uid, endOf(slot, 'never-acted'));
  t.equal(
    (await core.slots.list()).some((each) => each.operation === slot.operation),
    false,
  );
  t.equal(fleet.probes, 0);
});

void t.test('needs-operator keeps the slot and pauses; a later word of the agent goes on from there', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core);
  await core.slots.begin(slot.uid, slot.operation, slot.token, soon());
  fleet.agent(slot.uid).operations.clear();
  await core.slots.ended(slot.uid, endOf(slot, 'needs-operator'));
  const paused = await eventually('paused', async () => {
    const view = await core.rollouts.get(slot.rollout);
    return view.state.state === 'paused' ? view : undefined;
  });
  t.match(paused.state.reason, /demo151.*operator/);
  const stepOf = async () => (await core.rollouts.get(slot.rollout)).steps.find(({ uid }) => uid === slot.uid);
  t.match(await stepOf(), { state: 'failed', needsOperator: true });
  await core.rollouts.resume(slot.rollout, 'too early', operator, '');
  await eventually('a resume pauses again at once', async () => (await core.rollouts.get(slot.rollout)).state.state === 'paused');
  t.match(await core.rollouts.get(slot.rollout), { state: { reason: paused.state.reason, attempt: 2 } });
  t.match(await core.slots.list(), [{ uid: slot.uid, outcome: 'needs-operator' }]);
  t.equal(core.nodes.status(slot.uid).state, 'needs-operator');
  t.equal((await errorOf(core.nodes.remove(slot.uid, '', operator, ''))).reason, 'NOT_ALLOWED_NOW');
  await core.slots.ended(slot.uid, endOf(slot, 'rolled-back'));
  await eventually('freed', async () => (await core.slots.list()).length === 0);
  t.match(await stepOf(), { state: 'failed', needsOperator: false });
  await eventually(
    'it is told no more that it needs one',
    async () => (await core.rollouts.get(slot.rollout)).state.reason === 'demo151 failed: said so',
  );
});

void t.test(
  'a node that an operator accepted is freed on evidence of health, its step failed, whether the need was heard of or not',
  async (t) => {
    using fleet = silentFleet();
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    await enrolEight(core);
    for (const [hostname, isHeard] of [
      ['demo154', true],
      ['demo155', false],
    ] as const) {
      const slot = await grantedSlot(core, toNode(hostname));
      await core.slots.begin(slot.uid, slot.operation, slot.token, soon());
      const agent = fleet.agent(slot.uid);
      agent.operations.clear();
      agent.behaviour.failedServices = ['ceph-osd@4'];
      const paused = async () => (await core.rollouts.get(slot.rollout)).state.state === 'paused';
      if (isHeard) {
        await core.slots.ended(slot.uid, endOf(slot, 'needs-operator'));
        await eventually('paused', paused);
      }
      const probes = fleet.probes;
      await core.slots.ended(slot.uid, endOf(slot, 'failed'));
      await eventually('its health is asked for', () => fleet.probes > probes);
      t.match(await core.slots.list(), [{ uid: slot.uid, state: 'ended', outcome: 'failed' }], 'and not believed to be good');
      agent.behaviour.failedServices = [];
      await eventually('freed', async () => (await core.slots.list()).length === 0);
      t.match(await core.rollouts.operation(slot.operation), { state: 'failed', outcome: 'failed' });
      await eventually('the rollout is paused', paused);
      await core.rollouts.abort(slot.rollout, '', operator, '');
    }
  },
);

void t.test('a node that does not tell which boot it is begins no reboot, which nothing could prove', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core, { goal: { kind: 'reboot' } });
  fleet.agent(slot.uid).facts = factsOf('2.14.16', '', []);
  t.match(await core.slots.begin(slot.uid, slot.operation, slot.token, soon()), { isYes: false, reason: /does not tell its boot id/ });
});

void t.test('a reboot frees its slot only with evidence from another boot than the one that it began in', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core, { goal: { kind: 'reboot' } });
  const agent = fleet.agent(slot.uid);
  // the node was rebooted by somebody between its grant and its begin: that is no proof
  agent.facts = factsOf('2.14.16', 'boot-2', []);
  t.equal((await core.slots.begin(slot.uid, slot.operation, slot.token, soon())).isYes, true);
  agent.operations.clear();
  await core.slots.ended(slot.uid, endOf(slot, 'done'));
  await eventually('it is refused', async () =>
    (await core.rollouts.get(slot.rollout)).steps.some(({ message }) => message.includes('still runs the same boot')),
  );
  t.match(await core.slots.list(), [{ uid: slot.uid, state: 'ended', outcome: 'done' }]);
  agent.facts = factsOf('2.14.16', 'boot-3', []);
  await eventually('it is freed', async () => (await core.slots.list()).every(({ uid }) => uid !== slot.uid));
  t.match((await core.rollouts.get(slot.rollout)).steps[0], { state: 'succeeded', outcome: 'done' });
});

void t.test('a node that says it has rebooted without having begun has failed', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf({ goal: { kind: 'reboot' } }), operator, '');
  const step = await eventually('it is staged', async () =>
    (await core.rollouts.get(plan.id)).steps.find(({ uid, operation }) => uid === uidOf(5) && operation !== ''),
  );
  await core.slots.ended(uidOf(5), { ...endOf({ ...step, token: { epoch: '', createRevision: 0 } }, 'done'), token: undefined });
  t.match(
    (await core.rollouts.get(plan.id)).steps.find(({ uid }) => uid === uidOf(5)),
    {
      state: 'failed',
      message: 'reported as done without having begun with a slot',
    },
  );
});

for (const [goal, outcome] of [
  [{ kind: 'restart', units: ['ceph-osd@*.service'] }, 'installed'],
  [{ kind: 'reboot' }, 'rolled-back'],
  [undefined, 'done'],
] as const) {
  const kind = goal?.kind ?? 'release';
  void t.test(`${outcome} of a ${kind}, which can't be, needs an operator, who is told so; nothing is waited for`, async (t) => {
    using fleet = silentFleet();
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    await enrolEight(core);
    const slot = await begunSlot(core, goal === undefined ? {} : { goal });
    fleet.agent(slot.uid).operations.clear();
    await core.slots.ended(slot.uid, endOf(slot, outcome));
    const paused = await eventually('paused', async () => {
      const { state } = await core.rollouts.get(slot.rollout);
      return state.state === 'paused' ? state : undefined;
    });
    const then = `see that the node is in order, then "uvsctl slots release demo151 --reason TEXT"`;
    t.equal(paused.reason, `demo151 failed: needs an operator: its agent says ${outcome} of a ${kind}, which can't be: ${then}`);
    t.match(await core.slots.list(), [{ uid: slot.uid, state: 'ended', outcome: 'needs-operator' }]);
    t.match(core.nodes.status(slot.uid), { state: 'needs-operator' });
    t.equal(fleet.probes, 0, 'evidence of health would prove nothing');
    await core.slots.release(slot.uid, 'looked at it', unforced, operator, '');
    t.strictSame(await core.slots.list(), []);
  });
}

void t.test("an end that can't be frees nothing either where an earlier coordinator has written it down", async (t) => {
  using fleet = silentFleet();
  const c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { uid, operation, rollout } = await begunSlot(core);
  fleet.agent(uid).operations.clear();
  const key = keys.slot(uid);
  const written = (await c1.etcd.get(key))?.value ?? '';
  await c1[Symbol.asyncDispose]();
  etcd.ctl('put', key, written.replace('"state":"begun"', '"state":"ended"').replace('"outcome":null', '"outcome":"done"'));
  await using again = await startCoordinator(etcd, fleet, 'c1');
  const after = await untilLeader(again);
  await eventually('it is refused', async () =>
    (await after.rollouts.get(rollout)).steps.some(({ message }) => message.includes('its agent says done of a release')),
  );
  t.match(await after.slots.list(), [{ uid, operation, state: 'ended', outcome: 'done' }]);
});
