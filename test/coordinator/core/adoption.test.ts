import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { Core } from '../../../coordinator/core.ts';
import { holdCluster } from '../../../coordinator/state/bootstrap.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import {
  enrolEight,
  operator,
  seenInMemory,
  specOf,
  startCoordinator,
  uidOf,
  uids,
  untilLeader,
  wipe,
  withdrawalsInMemory,
  type FakeFleet,
} from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { factsOf } from '../../support/fake-fleet.ts';
import { begunSlot, endOf, grantedSlot, isHeld, lastAudit, silentFleet, soon, toNode, type AgentSlot } from '../../support/held-slots.ts';
import { realClock } from '../../support/real-clock.ts';

t.setTimeout(120_000);
const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

/** What a node's agent says at hello. */
function sayHello(core: Core, fleet: FakeFleet, uid: string, said: Partial<Parameters<Core['nodes']['learn']>[1]> = {}): Promise<void> {
  const { hostname, roles, addresses } = core.nodes.find(uid);
  return core.nodes.learn(uid, {
    hostname,
    roles,
    addresses,
    facts: fleet.agent(uid).facts,
    openOperations: [],
    endedOperations: [],
    ...said,
  });
}

function open({ operation, token }: AgentSlot, phase: string) {
  return { openOperations: [{ operation, token, phase }] };
}

async function whyWaiting(core: Core, rollout: string, pattern: RegExp): Promise<void> {
  await eventually(`it waits: ${pattern.source}`, async () => pattern.test((await core.rollouts.get(rollout)).waitingFor), 20_000);
}

async function isHeldUp(core: Core): Promise<string> {
  const { ledger } = await core.cluster.describe();
  return ledger.hold?.reason ?? '';
}

void t.test(
  'an etcd put back to a snapshot grants and begins nothing until it is adopted and every node has told what it holds',
  async (t) => {
    using fleet = silentFleet();
    const seen = seenInMemory();
    const c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
    const core = await untilLeader(c1);
    await enrolEight(core);
    await core.cluster.setBudget('cluster', 8, 'others decide', operator, '');
    const old = (await core.cluster.describe()).epoch;
    // ended and freed after the snapshot; begun in it
    const overtaken = await begunSlot(core, toNode('demo154'));
    const waiting = await grantedSlot(core, toNode('demo155'));
    const snapshot = etcd.snapshot();
    fleet.agent(overtaken.uid).operations.clear();
    await core.slots.ended(overtaken.uid, endOf(overtaken, 'rolled-back'));
    await eventually('freed', async () => !(await isHeld(core, overtaken.uid)));
    // begun after the snapshot, which knows nothing of it
    const lost = await begunSlot(core, toNode('demo156'));
    fleet.agent(lost.uid).operations.clear();
    t.ok((seen.seen?.revision ?? 0) >= lost.token.createRevision, 'it was on the disk before the yes was told');
    await c1[Symbol.asyncDispose]();
    await etcd.restore(snapshot);

    await using again = await startCoordinator(etcd, fleet, 'c1', { seen });
    const after = await untilLeader(again);
    t.match(await isHeldUp(after), /^c1: etcd is at revision \d+, and this coordinator has seen \d+: it was put back to an older state$/);
    t.match(await lastAudit(after, 'cluster.hold'), { actor: 'coordinator/c1', message: /put back/ });
    t.match(await after.slots.confirm(overtaken.uid, overtaken.operation, overtaken.token), { isYes: false, reason: /put back/ });
    t.match(await after.slots.begin(waiting.uid, waiting.operation, waiting.token, soon()), { isYes: false });
    const { plan } = await after.rollouts.create(
      { ...(await after.rollouts.get(overtaken.rollout)).plan.spec, ...toNode('demo157') },
      operator,
      '',
    );
    await whyWaiting(after, plan.id, /put back to an older state; nothing is granted until "uvsctl cluster adopt"/);

    await after.cluster.adopt('restored the backup of today', operator, '');
    const { epoch, ledger } = await after.cluster.describe();
    t.not(epoch, old);
    t.match(ledger, { hold: undefined, isAdopting: true });
    t.match(await lastAudit(after, 'cluster.adopt'), {
      actor: 'operator/alice',
      resource: 'cluster',
      message: new RegExp(
        `^epoch ${epoch} in place of ${old}: restored the backup of today; known: c1: etcd is at revision .*; \\d slots, 8 nodes$`,
      ),
    });
    await whyWaiting(after, plan.id, /8 nodes have not told yet what they hold: demo151, demo152, demo153 and 5 more/);
    t.match(await after.slots.confirm(overtaken.uid, overtaken.operation, overtaken.token), { isYes: false, reason: /another epoch/ });

    // the agent in the middle of what etcd has lost: its slot is made anew, with the token that it holds
    fleet.agent(lost.uid).operations.set(lost.operation, { phase: 'committing', token: lost.token, isRunning: true });
    await sayHello(after, fleet, lost.uid, open(lost, 'committing'));
    t.match(await after.slots.find('demo156'), { state: 'begun', operation: lost.operation, token: lost.token });
    t.match(await after.slots.confirm(lost.uid, lost.operation, lost.token), { isYes: false, reason: /another epoch/ });
    // the agent that had ended what etcd has as begun
    const { operation, token } = overtaken;
    await sayHello(after, fleet, overtaken.uid, { endedOperations: [{ operation, token, outcome: 'rolled-back' }] });
    await eventually('it ends again, and is freed with evidence', async () => !(await isHeld(after, overtaken.uid)));
    await whyWaiting(after, plan.id, /6 nodes have not told yet/);
    for (const uid of uids.slice(0, 7)) if (uid !== lost.uid && uid !== overtaken.uid) await sayHello(after, fleet, uid);
    await whyWaiting(after, plan.id, /1 nodes have not told yet what they hold: demo158/);
    t.notOk(await isHeld(after, uidOf(7)));
    fleet.agent(uidOf(8)).link = undefined;
    await eventually(
      'it has been silent for long enough',
      () =>
        after.nodes.writeOff('demo158', 'it does not come back', true, operator, '').then(
          () => true,
          () => false,
        ),
      30_000,
    );
    await eventually('the last one is no longer waited for: a slot is granted', async () => await isHeld(after, uidOf(7)));
    t.match(await lastAudit(after, 'cluster.adopted'), { message: '7 nodes have told what they hold' });

    fleet.agent(lost.uid).operations.clear();
    await after.slots.ended(lost.uid, endOf(lost, 'rolled-back'));
    await eventually('what was made anew can end and be freed', async () => !(await isHeld(after, lost.uid)));
    t.equal(await isHeldUp(after), '');
  },
);

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
    await sayHello(core, fleet, mine.uid, open(lie, 'pre'));
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
  await sayHello(core, fleet, mine.uid, open(forged(adopted), 'pre'));
  t.notOk(await isHeld(core, mine.uid));
  await sayHello(core, fleet, mine.uid, open(mine, 'pre'));
  t.match(await core.slots.find('demo155'), { state: 'begun', token: mine.token });
  for (const { token } of [mine, forged(adopted)]) {
    t.match(await core.slots.confirm(mine.uid, mine.operation, token), { isYes: false });
    t.match(await core.slots.begin(mine.uid, mine.operation, token, soon()), { isYes: false });
    t.match(await core.slots.judge(mine.uid, mine.operation, token, soon()), { verdict: 'undecided' });
  }
});

void t.test('while it is held or adopted, a node that has not told is removed by force only, and goes on counting', async (t) => {
  using fleet = silentFleet();
  const seen = seenInMemory();
  const c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const snapshot = etcd.snapshot();
  const lost = await begunSlot(core, toNode('demo154'));
  await c1[Symbol.asyncDispose]();
  await etcd.restore(snapshot);

  await using again = await startCoordinator(etcd, fleet, 'c1', { seen });
  const after = await untilLeader(again);
  // cut off in the middle of what etcd has forgotten
  fleet.agent(lost.uid).link = undefined;
  t.match(await errorOf(after.nodes.remove('demo154', 'gone?', operator, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: /may have forgotten what the node has begun/,
  });
  await after.cluster.adopt('restored', operator, '');
  t.match(await errorOf(after.nodes.remove('demo154', 'gone?', operator, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: 'demo154 may be out of service: etcd was adopted, and the node has not told yet what it holds',
    hint: /write-off demo154/,
  });
  for (const uid of uids) if (uid !== lost.uid) await sayHello(after, fleet, uid);
  await after.nodes.remove('demo158', 'it has told that it holds nothing', operator, '');
  const { plan } = await after.rollouts.create(specOf(toNode('demo155')), operator, '');
  await whyWaiting(after, plan.id, /1 nodes have not told yet what they hold: demo154/);

  await after.nodes.remove('demo154', 'its board is being swapped', operator, '', { isForced: true, isPoweredOff: true });
  t.match(await after.slots.list(), [{ uid: lost.uid, hostname: 'demo154', state: 'quarantined', operation: 'unknown' }]);
  await whyWaiting(after, plan.id, /budget cluster 1 of 1 used: demo154 \(removed\)/);
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
  await sayHello(after, fleet, begun.uid, open(begun, 'committing'));
  t.match(await after.slots.find('demo154'), { state: 'granted' }, 'until etcd is adopted nobody is believed');
  await after.cluster.adopt('restored', operator, '');
  for (const each of [begun, later, begun, later]) {
    await sayHello(after, fleet, each.uid, open(each, 'committing'));
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

void t.test('whoever leads, the coordinator that remembers more stops all; adopted, each follows', async (t) => {
  using fleet = silentFleet();
  const seenByFirst = seenInMemory();
  const c1 = await startCoordinator(etcd, fleet, 'c1', { seen: seenByFirst });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const snapshot = etcd.snapshot();
  const lost = await begunSlot(core, toNode('demo154'));
  const old = (await core.cluster.describe()).epoch;
  await c1[Symbol.asyncDispose]();
  await etcd.restore(snapshot);

  // a new coordinator remembers nothing, and leads
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const after = await untilLeader(c2);
  await using back = await startCoordinator(etcd, fleet, 'c1', { seen: seenByFirst });
  t.notOk(back.coordinator.isLeader());
  // it reads the ledger before it decides anything
  const { plan } = await after.rollouts.create(specOf(toNode('demo155')), operator, '');
  await whyWaiting(after, plan.id, /c1: etcd is at revision/);
  await after.cluster.adopt('restored', operator, '');
  await eventually('the other follows, and remembers the new epoch', () => seenByFirst.seen?.epoch !== old, 15_000);
  for (const uid of uids) await sayHello(after, fleet, uid, uid === lost.uid ? open(lost, 'back') : {});
  await eventually('the adoption is over', async () => !(await after.cluster.describe()).ledger.isAdopting);
  t.equal(await isHeldUp(after), '');
  t.match(await after.slots.find('demo154'), { state: 'begun', token: lost.token });
});

void t.test('an etcd that was put back is noticed though its revision has risen beyond what was seen', async (t) => {
  using fleet = silentFleet();
  const seen = seenInMemory();
  const c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.setBudget('cluster', 2, 'they are well', operator, '');
  const snapshot = etcd.snapshot();
  const lost = await begunSlot(core, toNode('demo154'));
  t.equal(seen.seen?.landmark?.revision, seen.seen?.revision, 'it was on the disk before the yes was told');
  await core.cluster.freeze('storm', operator, '');
  await c1[Symbol.asyncDispose]();
  await etcd.restore(snapshot);
  // as after a restore with --bump-revision, or beside others who write
  for (let write = 0; write < 40; write += 1) etcd.ctl('put', '/other', String(write));

  // one that remembers nothing leads, and decides more than was lost
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const other = await untilLeader(c2);
  for (let nodes = 2; nodes < 12; nodes += 1) await other.cluster.setBudget('cluster', nodes, 'others decide', operator, '');
  await using back = await startCoordinator(etcd, fleet, 'c1', { seen });
  t.notOk(back.coordinator.isLeader());
  // the leader reads the ledger before it decides anything
  const { plan } = await other.rollouts.create(specOf(toNode('demo155')), operator, '');
  await whyWaiting(
    other,
    plan.id,
    /c1: etcd has lost what was decided at revision \d+, .*: it was put back to an older state; nothing is granted/,
  );
  t.notOk(await isHeld(other, uidOf(5)));
  t.match(await other.slots.confirm(lost.uid, lost.operation, lost.token), { isYes: false });
  await other.cluster.adopt('restored', operator, '');
  for (const uid of uids) await sayHello(other, fleet, uid, uid === lost.uid ? open(lost, 'back') : {});
  await eventually('the adoption is over', async () => !(await other.cluster.describe()).ledger.isAdopting);
  t.match(await other.slots.find('demo154'), { state: 'begun', token: lost.token });
  await eventually('the one that knew follows', () => back.coordinator.leaderAddress() !== '' && seen.seen?.landmark !== undefined);
  t.equal(await isHeldUp(other), '');
});

void t.test('a coordinator that was away while others decided comes back without an alarm', async (t) => {
  using fleet = silentFleet();
  const seen = seenInMemory();
  const c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.freeze('storm', operator, '');
  await c1[Symbol.asyncDispose]();
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const other = await untilLeader(c2);
  await other.cluster.thaw('over', operator, '');
  await sayHello(other, fleet, uidOf(4), { hostname: 'demo164' });
  const before = seen.seen;
  await using back = await startCoordinator(etcd, fleet, 'c1', { seen });
  t.notOk(back.coordinator.isLeader());
  t.equal(await isHeldUp(other), '');
  t.ok((seen.seen?.landmark?.revision ?? 0) > (before?.landmark?.revision ?? Infinity), 'it has seen what they decided');
});

void t.test('an etcd that was put back under a leader ends its term, and the next begins with the question', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { settings: { leaderTtlSeconds: 10 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const snapshot = etcd.snapshot();
  const lost = await begunSlot(core, toNode('demo154'));
  await etcd.restore(snapshot);
  await eventually(
    'all is held',
    async () => {
      const entry = await c1.etcd.get(keys.ledger);
      return entry?.value.includes('put back') === true || entry?.value.includes('went back') === true;
    },
    30_000,
  );
  const after = await untilLeader(c1);
  t.match(await after.slots.confirm(lost.uid, lost.operation, lost.token), { isYes: false });
});

void t.test('an etcd that was made anew, empty, is not taken for the cluster', async (t) => {
  using fleet = silentFleet();
  const seen = seenInMemory();
  const c1 = await startCoordinator(etcd, fleet, 'c1', { seen });
  await enrolEight(await untilLeader(c1));
  const old = seen.seen?.epoch;
  await c1[Symbol.asyncDispose]();
  wipe(etcd);
  await using again = await startCoordinator(etcd, fleet, 'c1', { seen });
  const after = await untilLeader(again);
  t.match(await isHeldUp(after), /remembers .*: it was made anew/);
  t.equal(seen.seen?.epoch, old, 'what it remembers is kept until somebody adopts');
  await after.cluster.adopt('we lost it all', operator, '');
  await eventually('with no node to wait for it is over', async () => !(await after.cluster.describe()).ledger.isAdopting);
  await enrolEight(after);
  t.match(await grantedSlot(after, toNode('demo154')), { uid: uidOf(4) });
});

void t.test('nodes whose sessions are older than the adoption are asked to introduce themselves again', async () => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await holdCluster(c1.etcd, 'c2', { reason: 'c2: it was put back', epochs: [] }, realClock, randomUUID);
  await core.cluster.adopt('to be sure', operator, '');
  await eventually('all are asked', () => fleet.reintroduced.size === uids.length);
  // all but one do, and then it is adopted once more
  for (const uid of uids) fleet.agent(uid).openedMs = performance.now();
  for (const uid of uids.slice(1)) await sayHello(core, fleet, uid);
  fleet.reintroduced.clear();
  await core.cluster.adopt('to be very sure', operator, '');
  await eventually('all are asked again', () => fleet.reintroduced.size === uids.length);
});

void t.test(
  'what was withdrawn stays so though etcd has forgotten it, also over a restart, and what is withdrawn afterwards is heard',
  async (t) => {
    using fleet = silentFleet();
    const [seen, withdrawals] = [seenInMemory(), withdrawalsInMemory()];
    const c1 = await startCoordinator(etcd, fleet, 'c1', { seen, withdrawals });
    const core = await untilLeader(c1);
    await enrolEight(core);
    for (const digit of ['a', 'b', 'c']) {
      const identity = `operator/${digit}`;
      await core.credentials.record(
        { serial: `0${digit}`, fingerprint: digit.repeat(64), identity, issuedAt: 1, isWithdrawn: false },
        operator,
      );
    }
    await core.tokens.create('used-up', 1, 600, operator);
    const snapshot = etcd.snapshot();
    await core.credentials.withdraw('0a', 'stolen', operator);
    await core.credentials.withdraw('0b', 'stolen', operator);
    await core.tokens.consume('used-up');
    const told = core.credentials.withdrawals().counter;
    await core.cluster.setBudget('cluster', 2, 'a promise, so that c1 remembers how far etcd was', operator, '');
    await c1[Symbol.asyncDispose]();
    await etcd.restore(snapshot);

    await using back = await startCoordinator(etcd, fleet, 'c1', { seen, withdrawals });
    const after = await untilLeader(back);
    const isWithdrawn = async () => (await after.credentials.list()).map((each) => each.isWithdrawn);
    t.strictSame(await isWithdrawn(), [true, true, false]);
    await after.cluster.adopt('restored', operator, '');
    t.match(await errorOf(after.tokens.consume('used-up')), { reason: 'PERMISSION_DENIED' });
    await after.credentials.withdraw('0c', 'stolen too', operator);
    t.strictSame(await isWithdrawn(), [true, true, true]);
    t.ok(after.credentials.withdrawals().counter > told, 'agents take it for news');

    // one that remembers nothing of its own learns all from etcd
    await using c2 = await startCoordinator(etcd, fleet, 'c2');
    t.strictSame(
      [...c2.coordinator.core.credentials.withdrawals().fingerprints].toSorted(),
      ['a', 'b', 'c'].map((digit) => digit.repeat(64)),
    );
  },
);

void t.test('an etcd that is what is remembered is not adopted, and a repetition of an adoption is none', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { epoch } = await core.cluster.describe();
  t.match(await errorOf(core.cluster.adopt('to be sure', operator, 'once')), {
    reason: 'NOT_ALLOWED_NOW',
    message: 'there is nothing to adopt: etcd is as it is remembered',
  });
  t.equal((await core.cluster.describe()).epoch, epoch);

  // another coordinator knows better, and this one has not read it yet
  await holdCluster(c1.etcd, 'c2', { reason: 'c2: it was put back', epochs: [] }, realClock, randomUUID);
  await core.cluster.adopt('to be sure', operator, 'twice');
  const adopted = (await core.cluster.describe()).epoch;
  t.not(adopted, epoch);
  for (const uid of uids) await sayHello(core, fleet, uid);
  await eventually('every node has told', async () => !(await core.cluster.describe()).ledger.isAdopting);
  await core.cluster.adopt('to be sure', operator, 'twice');
  t.equal((await core.cluster.describe()).epoch, adopted, 'the same request again is the same adoption');
  t.match(await errorOf(core.cluster.adopt('to be sure', operator, 'thrice')), { reason: 'NOT_ALLOWED_NOW' });
});
