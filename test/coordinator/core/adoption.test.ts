import { randomUUID } from 'node:crypto';
import t from 'tap';
import { holdCluster } from '../../../coordinator/state/bootstrap.ts';
import { enrolEight, operator, seenInMemory, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { begunSlot, endOf, grantedSlot, isHeld, lastAudit, silentFleet, soon, toNode } from '../../support/held-slots.ts';
import { realClock } from '../../support/real-clock.ts';
import { sayHello, stillIn } from '../../support/hello.ts';
import { whyHeld, whyWaiting } from '../../support/why-waiting.ts';

t.setTimeout(120_000);
const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

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
    t.match(await whyHeld(after), /^c1: etcd is at revision \d+, and this coordinator has seen \d+: it was put back to an older state$/);
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
    await sayHello(after, fleet, lost.uid, stillIn(lost, 'committing'));
    t.match(await after.slots.find('demo156'), { state: 'begun', operation: lost.operation, token: lost.token });
    t.match(await after.slots.confirm(lost.uid, lost.operation, lost.token), { isYes: false, reason: /another epoch/ });
    // the agent that had ended what etcd has as begun
    const { operation, token } = overtaken;
    await sayHello(after, fleet, overtaken.uid, { endedOperations: [{ operation, token, outcome: 'rolled-back' }] });
    await eventually('it ends again, and is freed with evidence', async () => !(await isHeld(after, overtaken.uid)));
    await whyWaiting(after, plan.id, /6 nodes have not told yet/);
    for (const uid of uids.slice(0, 7)) if (uid !== lost.uid && uid !== overtaken.uid) await sayHello(after, fleet, uid);
    await whyWaiting(after, plan.id, /1 node has not told yet what it holds: demo158/);
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
    t.equal(await whyHeld(after), '');
  },
);

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
  t.match(await whyHeld(after), /remembers .*: it was made anew/);
  t.equal(seen.seen?.epoch, old, 'what it remembers is kept until somebody adopts');
  await after.cluster.adopt('we lost it all', operator, '');
  await eventually('with no node to wait for it is over', async () => !(await after.cluster.describe()).ledger.isAdopting);
  await enrolEight(after);
  t.match(await grantedSlot(after, toNode('demo154')), { uid: uidOf(4) });
});

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
  const [first = ''] = uids;
  for (const uid of uids) await sayHello(core, fleet, uid, uid === first ? { epoch } : {});
  const { unheard } = await core.cluster.describe();
  t.match(unheard, [{ uid: first }], 'what was said before is not what is held now');
  await sayHello(core, fleet, first, { epoch: adopted });
  await eventually('every node has told', async () => !(await core.cluster.describe()).ledger.isAdopting);
  await core.cluster.adopt('to be sure', operator, 'twice');
  t.equal((await core.cluster.describe()).epoch, adopted, 'the same request again is the same adoption');
  t.match(await errorOf(core.cluster.adopt('to be sure', operator, 'thrice')), { reason: 'NOT_ALLOWED_NOW' });
});
