import t from 'tap';
import type { SlotToken } from '../../../common/slot-token.ts';
import type { Gate } from '../../../coordinator/ports.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { enrolEight, operator, specOf, startCoordinator, uidOf, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { factsOf } from '../../support/fake-fleet.ts';
import { errorOf } from '../../support/failure.ts';
import { begunSlot, endOf, grantedSlot, silentFleet, soon, toNode, unforced } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

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
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { settings: { slotTtlSeconds: 60 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core);
  const begin = () => core.slots.begin(slot.uid, slot.operation, slot.token, soon());

  await core.cluster.freeze('storm', operator, '');
  t.match(await begin(), { isYes: false, reason: /frozen: storm/ });
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
  t.match(await core.slots.list(), [{ uid: slot.uid, outcome: 'needs-operator' }]);
  t.equal(core.nodes.status(slot.uid).state, 'needs-operator');
  t.equal((await errorOf(core.nodes.remove(slot.uid, '', operator, ''))).reason, 'NOT_ALLOWED_NOW');
  await core.slots.ended(slot.uid, endOf(slot, 'rolled-back'));
  await eventually('freed', async () => (await core.slots.list()).length === 0);
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

void t.test('a grant ends with its lease; what has begun does not', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { settings: { slotTtlSeconds: 2 } });
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

void t.test('a new leader counts granted and begun slots', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.setBudget('cluster', 2, 'two', operator, '');
  const begun = await grantedSlot(core, { selector: { all: false, nodes: ['demo154'], roles: [], labels: {} } });
  await core.slots.begin(begun.uid, begun.operation, begun.token, soon());
  const second = await grantedSlot(core, { selector: { all: false, nodes: ['demo155'], roles: [], labels: {} } });
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  c1.kill();
  const after = await untilLeader(c2);
  const third = await after.rollouts.create(specOf({ selector: { all: false, nodes: ['demo156'], roles: [], labels: {} } }), operator, '');
  await eventually('it waits', async () => /budget cluster 2 of 2 used/.test((await after.rollouts.get(third.plan.id)).waitingFor));
  t.same(
    new Map((await after.slots.list()).map(({ uid, state }) => [uid, state])),
    new Map([
      [begun.uid, 'begun'],
      [second.uid, 'granted'],
    ]),
  );
  t.equal((await after.slots.confirm(begun.uid, begun.operation, begun.token)).isYes, true);
  t.equal(
    (await errorOf(core.slots.begin(second.uid, second.operation, second.token, soon()))).reason,
    'NOT_LEADER',
    'the old one decides nothing',
  );
  t.equal((await after.slots.begin(second.uid, second.operation, second.token, soon())).isYes, true);
});

void t.test('a new leader knows what has begun before it decides anything', async (t) => {
  using fleet = silentFleet();
  const c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const begun = await grantedSlot(core, { selector: { all: false, nodes: ['demo154'], roles: [], labels: {} } });
  await core.slots.begin(begun.uid, begun.operation, begun.token, soon());
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  await c1[Symbol.asyncDispose]();
  const after = await untilLeader(c2);
  const { plan } = await after.rollouts.create(
    specOf({ selector: { all: false, nodes: ['demo156'], roles: [], labels: {} } }),
    operator,
    '',
  );
  await eventually('it waits', async () => /budget cluster 1 of 1 used: demo154/.test((await after.rollouts.get(plan.id)).waitingFor));
  t.match(await after.slots.list(), [{ uid: begun.uid, state: 'begun' }]);
  t.match(await after.rollouts.get(begun.rollout), { state: { state: 'running' } });
});

void t.test('gates are asked before the grant, before the beginning and after, with who has begun', async (t) => {
  using fleet = silentFleet();
  const asked: string[] = [];
  const answers: Record<string, string> = {};
  const gate: Gate = {
    name: 'ceph',
    kind: 'command',
    ask: async ({ moment, node, begun }) => {
      asked.push(`${moment} ${node.hostname} [${begun.map((each) => each.hostname).join(' ')}]`);
      const no = answers[moment];
      return { isYes: no === undefined, message: no ?? '' };
    },
  };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], settings: { slotTtlSeconds: 60 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  answers['before-grant'] = 'osd.2 is down';
  const { plan } = await core.rollouts.create(specOf(), operator, '');
  await eventually('it waits', async () => /demo151: gate ceph: osd.2 is down/.test((await core.rollouts.get(plan.id)).waitingFor));
  t.match(
    await core.rollouts
      .plan(specOf({ selector: { all: false, nodes: ['demo151'], roles: [], labels: {} } }))
      .catch((error: unknown) => error),
    {
      reason: 'NOT_ALLOWED_NOW',
    },
  );
  delete answers['before-grant'];
  const slot = await eventually('granted', async () => (await core.slots.list())[0]);
  answers['before-begin'] = 'changed my mind';
  t.match(await core.slots.begin(slot.uid, slot.operation, slot.token, soon()), { isYes: false, reason: /gate ceph: changed my mind/ });
  delete answers['before-begin'];
  answers['after'] = 'recovering';
  t.equal((await core.slots.begin(slot.uid, slot.operation, slot.token, soon())).isYes, true);
  fleet.agent(slot.uid).facts = factsOf('2.14.17', 'boot-1', ['uvs']);
  await core.slots.ended(slot.uid, endOf({ ...slot, rollout: plan.id }, 'installed'));
  await eventually('it waits', async () => /gate ceph: recovering/.test((await core.rollouts.get(plan.id)).waitingFor));
  t.match(await core.slots.list(), [{ uid: slot.uid, state: 'ended' }]);
  t.match(core.slots.gates(), [{ name: 'ceph', last: { isYes: false, message: 'recovering' } }]);
  delete answers['after'];
  await eventually('the next is asked for', async () => (await core.slots.list()).some(({ uid }) => uid === uidOf(2)));
  t.ok(asked.includes('before-begin demo151 []') && asked.includes('after demo151 []'));
});

void t.test('what a rollout acknowledges the gates are told whenever they are asked about its nodes, and by a plan', async (t) => {
  using fleet = silentFleet();
  const told = new Map<string, readonly string[]>();
  const gate: Gate = {
    name: 'ceph',
    kind: 'test',
    ask: async ({ moment, acknowledged }) => {
      told.set(moment, acknowledged);
      return { isYes: true, message: '' };
    },
  };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], settings: { slotTtlSeconds: 60 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.rollouts.plan(specOf({ acknowledgedChecks: ['MON_CLOCK_SKEW'] }));
  t.same(told.get('before-grant'), ['MON_CLOCK_SKEW']);
  await core.slots.evaluate('demo151', soon());
  t.same(told.get('before-grant'), [], 'a check on its own is for nobody');
  told.clear();
  const { plan } = await core.rollouts.create(specOf({ acknowledgedChecks: ['TELEMETRY_CHANGED'] }), operator, '');
  const slot = await eventually('granted', async () => (await core.slots.list())[0]);
  t.equal((await core.slots.begin(slot.uid, slot.operation, slot.token, soon())).isYes, true);
  fleet.agent(slot.uid).facts = factsOf('2.14.17', 'boot-1', ['uvs']);
  await core.slots.ended(slot.uid, endOf({ ...slot, rollout: plan.id }, 'installed'));
  await eventually('freed', () => told.size === 3);
  t.same([...new Set([...told.values()].flat())], ['TELEMETRY_CHANGED']);
  const entries = await core.audit.list({ limit: 100, before: undefined, resource: `rollouts/${plan.id}` });
  t.ok(entries.some(({ message }) => message.includes(', acknowledged: TELEMETRY_CHANGED; known: ')));
});

void t.test('gates are told what each node has said last, whatever is recorded', async (t) => {
  using fleet = silentFleet();
  const told = new Map<string, readonly (readonly string[] | undefined)[]>();
  const gate: Gate = {
    name: 'ceph',
    kind: 'test',
    ask: async ({ moment, node, begun }) => {
      told.set(
        `${moment} ${node.hostname}`,
        [node, ...begun].map(({ facts }) => facts?.daemons),
      );
      return { isYes: true, message: '' };
    },
  };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], settings: { slotTtlSeconds: 60 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  for (const number of [4, 5]) {
    const agent = fleet.agent(uidOf(number));
    agent.facts = { ...agent.facts, daemons: [`osd.${number}`] };
  }
  const nodes = { all: false, nodes: ['demo154', 'demo155'], roles: [], labels: {} };
  await core.rollouts.create(specOf({ mode: 'parallel', budget: 2, selector: nodes }), operator, '');
  for (const number of [4, 5]) {
    const slot = await eventually('granted', async () => (await core.slots.list()).find(({ uid }) => uid === uidOf(number)));
    t.equal((await core.slots.begin(slot.uid, slot.operation, slot.token, soon())).isYes, true);
  }
  t.same(told.get('before-begin demo155'), [['osd.5'], ['osd.4']]);
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
    const then = `see that the node is in order, then "uvsctl slots release demo151"`;
    t.equal(paused.reason, `demo151 failed: needs an operator: its agent says ${outcome} of a ${kind}, which can't be: ${then}`);
    t.match(await core.slots.list(), [{ uid: slot.uid, state: 'ended', outcome: 'needs-operator' }]);
    t.match(core.nodes.status(slot.uid), { state: 'needs-operator' });
    t.equal(fleet.probes, 0, 'evidence of health would prove nothing');
    await core.slots.release(slot.uid, 'looked at it', unforced, operator, '');
    t.strictSame(await core.slots.list(), []);
  });
}

void t.test("an end that can't be frees nothing either where the agent remembers it and etcd does not", async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { uid, operation, token, rollout } = await begunSlot(core);
  const agent = fleet.agent(uid);
  agent.operations.clear();
  const { hostname, addresses, roles } = core.nodes.find(uid);
  const ended = { operation, token, outcome: 'done' } as const;
  await core.nodes.learn(uid, { hostname, addresses, roles, facts: agent.facts, openOperations: [], endedOperations: [ended] });
  await eventually('it is refused', async () =>
    (await core.rollouts.get(rollout)).steps.some(({ message }) => message.includes('its agent says done of a release')),
  );
  t.match(await core.slots.list(), [{ uid, state: 'ended', outcome: 'done' }]);
});

void t.test('a node that has begun is judged by fresh evidence and every gate, and by nobody who holds another slot', async (t) => {
  using fleet = silentFleet();
  let answer = { isYes: true, message: '' };
  const gate: Gate = {
    name: 'ceph',
    kind: 'test',
    ask: ({ moment }) => Promise.resolve(moment === 'after' ? answer : { isYes: true, message: '' }),
  };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core);
  const judge = () => core.slots.judge(slot.uid, slot.operation, slot.token, soon());
  t.match(await judge(), { verdict: 'undecided', reason: /has not begun/ });
  t.equal((await core.slots.begin(slot.uid, slot.operation, slot.token, soon())).isYes, true);
  t.strictSame(await judge(), { verdict: 'healthy', reason: '' });
  answer = { isYes: false, message: 'osd.4 is down' };
  t.match(await judge(), { verdict: 'unhealthy', reason: /osd.4 is down/ });
  fleet.agent(slot.uid).behaviour.failedServices = ['ceph-osd@4.service'];
  t.match(await judge(), { verdict: 'unhealthy', reason: 'not running: ceph-osd@4.service' });
  t.match(await core.slots.judge(slot.uid, slot.operation, { ...slot.token, createRevision: 1 }, soon()), { verdict: 'undecided' });
  t.match(await core.slots.list(), [{ uid: slot.uid, state: 'begun' }], 'nothing is changed');
});
