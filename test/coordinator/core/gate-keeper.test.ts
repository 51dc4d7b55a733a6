import t from 'tap';
import type { Gate } from '../../../coordinator/ports.ts';
import { enrolEight, operator, specOf, startCoordinator, uidOf, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { factsOf } from '../../support/fleet-records.ts';
import { endOf, grantedSlot, silentFleet, soon } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

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
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { slotTtlSeconds: 60 } });
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
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { slotTtlSeconds: 60 } });
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
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { slotTtlSeconds: 60 } });
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
