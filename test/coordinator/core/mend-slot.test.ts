import { randomUUID } from 'node:crypto';
import t from 'tap';
import { holdCluster } from '../../../coordinator/state/bootstrap.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import { enrolEight, operator, seenInMemory, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { factsOf } from '../../support/fleet-records.ts';
import { begunSlot, endOf, grantedSlot, isHeld, lastAudit, silentFleet, soon, toNode, type AgentSlot } from '../../support/held-slots.ts';
import { realClock } from '../../support/real-clock.ts';
import { sayHello, stillIn } from '../../support/hello.ts';
import { whyWaiting } from '../../support/why-waiting.ts';

t.setTimeout(120_000);
const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('no node writes itself a slot: of the epoch that is, nothing is made anew', async (t) => {
  using fleet = silentFleet();
  let isYes = true;
  const gate = { name: 'storage', kind: 'test', ask: async () => ({ isYes, message: 'not now' }) };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const begun = await begunSlot(core, toNode('demo154'));
  isYes = false;
  await core.cluster.freeze('a storm', operator, '');
  const { epoch } = await core.cluster.describe();
  const forged = (of: string): AgentSlot => ({
    uid: uidOf(5),
    operation: 'op-forged',
    token: { epoch: of, createRevision: 424_242 },
    rollout: '',
  });
  const mine = forged(epoch);
  for (const lie of [mine, forged(randomUUID())]) {
    await sayHello(core, fleet, mine.uid, stillIn(lie, 'pre'));
    t.notOk(await isHeld(core, mine.uid));
    t.match(await core.slots.confirm(mine.uid, mine.operation, lie.token), { isYes: false, reason: 'the node holds no slot' });
    t.match(await core.slots.begin(mine.uid, mine.operation, lie.token, soon()), { isYes: false });
    t.match(await core.slots.judge(mine.uid, mine.operation, lie.token, soon()), { verdict: 'undecided' });
  }
  t.ok(await isHeld(core, begun.uid), 'what was granted and begun is untouched');
  fleet.agent(mine.uid).operations.set(mine.operation, { phase: 'pre', token: mine.token, isRunning: true });
  t.match(core.nodes.status(mine.uid), {
    state: 'quarantined',
    message: /works on op-forged \(pre\) with a token that the ledger never gave/,
  });

  // while an adoption waits for what the nodes hold, and afterwards: it counts, and may do nothing
  await holdCluster(c1.etcd, 'c2', { reason: 'c2: it was put back', epochs: [] }, realClock, randomUUID);
  await core.cluster.adopt('restored', operator, '');
  const adopted = (await core.cluster.describe()).epoch;
  await sayHello(core, fleet, mine.uid, stillIn(forged(adopted), 'pre'));
  t.notOk(await isHeld(core, mine.uid));
  await sayHello(core, fleet, mine.uid, stillIn(mine, 'pre'));
  t.match(await core.slots.find('demo155'), { state: 'begun', token: mine.token });
  for (const { token } of [mine, forged(adopted)]) {
    t.match(await core.slots.confirm(mine.uid, mine.operation, token), { isYes: false });
    t.match(await core.slots.begin(mine.uid, mine.operation, token, soon()), { isYes: false });
    t.match(await core.slots.judge(mine.uid, mine.operation, token, soon()), { verdict: 'undecided' });
  }
});

void t.test('an end that etcd has lost though nobody noticed ends its slot, and is asked what its report was', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', {
    gates: [{ name: 'g', kind: 't', ask: async ({ moment }) => ({ isYes: moment !== 'after', message: 'no' }) }],
  });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.setBudget('cluster', 8, 'others decide', operator, '');
  const possible = await begunSlot(core, toNode('demo154'));
  const impossible = await begunSlot(core, toNode('demo155'));
  for (const { uid, operation, token } of [possible, impossible]) {
    const outcome = uid === possible.uid ? 'rolled-back' : 'done';
    await sayHello(core, fleet, uid, { endedOperations: [{ operation, token, outcome }] });
  }
  t.match(await core.slots.find('demo154'), {
    state: 'ended',
    outcome: 'rolled-back',
    outcomeMessage: 'its agent had reported this end before, and etcd has lost it',
  });
  t.match(await core.slots.find('demo155'), {
    state: 'ended',
    outcome: 'needs-operator',
    outcomeMessage: /^its agent says done of a release, which can't be: .*"uvsctl slots release demo155 --reason TEXT"$/,
  });
  await core.slots.ended(impossible.uid, { ...endOf(impossible, 'rolled-back'), message: 'TASK_FAILED: the real reason' });
  t.match(await core.slots.find('demo155'), { outcome: 'rolled-back', outcomeMessage: 'TASK_FAILED: the real reason' });
});

void t.test('no end that a hello tells is believed while etcd is held; once it was adopted it is', async (t) => {
  using fleet = silentFleet();
  const seen = seenInMemory();
  let isYes = true;
  const gates = [{ name: 'storage', kind: 'test', ask: async () => ({ isYes, message: 'not now' }) }];
  const c1 = await startCoordinator(etcd, fleet, 'c1', { gates, seen });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.setBudget('cluster', 8, 'others decide', operator, '');
  const slots = [await begunSlot(core, toNode('demo154')), await begunSlot(core, toNode('demo155'))] as const;
  const snapshot = etcd.snapshot();
  isYes = false;
  for (const slot of slots) {
    fleet.agent(slot.uid).operations.clear();
    await core.slots.ended(slot.uid, endOf(slot, 'rolled-back'));
  }
  for (let nodes = 9; nodes < 20; nodes += 1)
    await core.cluster.setBudget('cluster', nodes, 'so that etcd has much to forget', operator, '');
  await c1[Symbol.asyncDispose]();
  await etcd.restore(snapshot);

  await using again = await startCoordinator(etcd, fleet, 'c1', { gates, seen });
  const after = await untilLeader(again);
  const tell = (): Promise<unknown> =>
    Promise.all(
      slots.map(({ uid, operation, token }, index) =>
        sayHello(after, fleet, uid, { endedOperations: [{ operation, token, outcome: index === 0 ? 'rolled-back' : 'done' }] }),
      ),
    );
  await tell();
  for (const { uid } of slots) t.match(await after.slots.find(uid), { state: 'begun' }, 'until etcd is adopted nobody is believed');
  await after.cluster.adopt('restored', operator, '');
  await tell();
  const [first, second] = await Promise.all(slots.map(({ uid }) => after.slots.find(uid)));
  t.match(first, { state: 'ended', outcome: 'rolled-back', outcomeMessage: /etcd has lost it$/ });
  t.match(second, { state: 'ended', outcome: 'needs-operator', outcomeMessage: /^its agent says done of a release, which can't be/ });
});

void t.test('a grant in the snapshot is the slot of what its agent has begun since, and no end of a lease frees it', async (t) => {
  using fleet = silentFleet();
  const seen = seenInMemory();
  const c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.setBudget('cluster', 8, 'others decide', operator, '');
  const begun = await grantedSlot(core, toNode('demo154'));
  const givenBack = await grantedSlot(core, toNode('demo155'));
  const snapshot = etcd.snapshot();
  t.match(await core.slots.begin(begun.uid, begun.operation, begun.token, soon()), { isYes: true });
  fleet.agent(givenBack.uid).operations.clear();
  await core.slots.ended(givenBack.uid, endOf(givenBack, 'never-acted'));
  await core.rollouts.abort(givenBack.rollout, 'another is to have it', operator, '');
  await eventually('it has ended', async () => (await core.rollouts.get(givenBack.rollout)).state.endedAt !== undefined);
  const later = await begunSlot(core, toNode('demo155'));
  await c1[Symbol.asyncDispose]();
  await etcd.restore(snapshot);

  await using again = await startCoordinator(etcd, fleet, 'c1', { seen });
  const after = await untilLeader(again);
  await sayHello(after, fleet, begun.uid, stillIn(begun, 'committing'));
  t.match(await after.slots.find('demo154'), { state: 'granted' }, 'until etcd is adopted nobody is believed');
  await after.cluster.adopt('restored', operator, '');
  for (const each of [begun, later, begun, later]) {
    await sayHello(after, fleet, each.uid, stillIn(each, 'committing'));
    t.match(await after.slots.find(each.uid), { state: 'begun', operation: each.operation, token: each.token });
    t.equal((await again.etcd.get(keys.slot(each.uid)))?.lease, '0');
  }
  t.match(await lastAudit(after, 'nodes.learn'), { message: /made anew from what its agent holds/ }, 'what is known is not learnt again');
});

void t.test('what was installed and freed after the snapshot is proven once more, and the rollout ends well', async (t) => {
  using fleet = silentFleet();
  const seen = seenInMemory();
  const c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.freeze('so that the snapshot has it staged', operator, '');
  const { plan } = await core.rollouts.create(specOf(toNode('demo154')), operator, '');
  await whyWaiting(core, plan.id, /frozen/);
  const snapshot = etcd.snapshot();
  await core.cluster.thaw('over', operator, '');
  const slot = await eventually('a slot is granted', async () => (await core.slots.list()).find(({ rollout }) => rollout === plan.id));
  const done: AgentSlot = { uid: slot.uid, operation: slot.operation, token: slot.token, rollout: plan.id };
  t.match(await core.slots.begin(done.uid, done.operation, done.token, soon()), { isYes: true });
  const agent = fleet.agent(done.uid);
  agent.operations.clear();
  agent.facts = factsOf('2.14.17', 'boot-1', ['uvs']);
  const said = { ...endOf(done, 'installed'), facts: agent.facts };
  await core.slots.ended(done.uid, said);
  await eventually('it has ended', async () => (await core.rollouts.get(plan.id)).state.endedAt !== undefined);
  await c1[Symbol.asyncDispose]();
  await etcd.restore(snapshot);

  await using again = await startCoordinator(etcd, fleet, 'c1', { seen });
  const after = await untilLeader(again);
  t.match(await errorOf(after.slots.ended(done.uid, said)), { reason: 'NOT_ALLOWED_NOW', message: /put back/ });
  await after.cluster.adopt('restored', operator, '');
  for (const uid of uids) await sayHello(after, fleet, uid);
  agent.facts = factsOf('2.14.16', 'boot-1', []);
  await after.slots.ended(done.uid, said);
  await whyWaiting(after, plan.id, /reported 2\.14\.17 as installed and does not show it/);
  agent.facts = factsOf('2.14.17', 'boot-1', ['uvs']);
  await after.cluster.thaw('over', operator, '');
  await eventually('it has succeeded', async () => (await after.rollouts.get(plan.id)).state.state === 'succeeded', 20_000);
  t.match(await after.rollouts.operation(done.operation), { state: 'succeeded', outcome: 'installed' });
  t.notOk(await isHeld(after, done.uid));
});

void t.test('a reboot that ended after the snapshot is not asked for another boot than the one that it brought', async (t) => {
  using fleet = silentFleet();
  const seen = seenInMemory();
  const c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.freeze('so that the snapshot has it staged', operator, '');
  const { plan } = await core.rollouts.create(specOf({ ...toNode('demo154'), goal: { kind: 'reboot' } }), operator, '');
  await whyWaiting(core, plan.id, /frozen/);
  const snapshot = etcd.snapshot();
  await core.cluster.thaw('over', operator, '');
  const { uid, operation, token } = await eventually('a slot is granted', async () =>
    (await core.slots.list()).find(({ rollout }) => rollout === plan.id),
  );
  t.match(await core.slots.begin(uid, operation, token, soon()), { isYes: true });
  const agent = fleet.agent(uid);
  agent.operations.clear();
  agent.facts = factsOf('2.14.16', 'boot-2', []);
  await c1[Symbol.asyncDispose]();
  await etcd.restore(snapshot);

  await using again = await startCoordinator(etcd, fleet, 'c1', { seen });
  const after = await untilLeader(again);
  await after.cluster.adopt('restored', operator, '');
  for (const each of uids) await sayHello(after, fleet, each);
  await after.slots.ended(uid, { ...endOf({ uid, operation, token, rollout: plan.id }, 'done'), facts: agent.facts });
  await eventually('it has succeeded', async () => (await after.rollouts.get(plan.id)).state.state === 'succeeded', 20_000);
  t.notOk(await isHeld(after, uid));
});
