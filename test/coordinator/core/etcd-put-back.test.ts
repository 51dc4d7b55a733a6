import t from 'tap';
import { keys } from '../../../coordinator/state/keys.ts';
import { enrolEight, operator, seenInMemory, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { begunSlot, isHeld, silentFleet, toNode } from '../../support/held-slots.ts';
import { sayHello, stillIn } from '../../support/hello.ts';
import { whyHeld, whyWaiting } from '../../support/why-waiting.ts';

t.setTimeout(120_000);
const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

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
  // it has nothing to decide meanwhile
  await eventually('the leader shows it', async () => (await after.cluster.describe()).ledger.hold !== undefined, 15_000);
  const { plan } = await after.rollouts.create(specOf(toNode('demo155')), operator, '');
  await whyWaiting(after, plan.id, /c1: etcd (?:is at revision|has lost what was decided)/);
  await after.cluster.adopt('restored', operator, '');
  await eventually('the other follows, and remembers the new epoch', () => seenByFirst.seen?.epoch !== old, 15_000);
  for (const uid of uids) await sayHello(after, fleet, uid, uid === lost.uid ? stillIn(lost, 'back') : {});
  await eventually('the adoption is over', async () => !(await after.cluster.describe()).ledger.isAdopting);
  t.equal(await whyHeld(after), '');
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
  for (const uid of uids) await sayHello(other, fleet, uid, uid === lost.uid ? stillIn(lost, 'back') : {});
  await eventually('the adoption is over', async () => !(await other.cluster.describe()).ledger.isAdopting);
  t.match(await other.slots.find('demo154'), { state: 'begun', token: lost.token });
  await eventually('the one that knew follows', () => back.coordinator.leaderAddress() !== '' && seen.seen?.landmark !== undefined);
  t.equal(await whyHeld(other), '');
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
  t.equal(await whyHeld(other), '');
  t.ok((seen.seen?.landmark?.revision ?? 0) > (before?.landmark?.revision ?? Infinity), 'it has seen what they decided');
});

void t.test('an etcd that was put back under a leader ends its term, and the next begins with the question', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { timings: { leaderTtlSeconds: 10 } });
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
