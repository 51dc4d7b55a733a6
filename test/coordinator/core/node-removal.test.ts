import t from 'tap';
import { takeCensus } from '../../../coordinator/census.ts';
import type { Core } from '../../../coordinator/core.ts';
import type { Gate } from '../../../coordinator/ports.ts';
import { keys } from '../../../coordinator/state/keys.ts';
import {
  enrolEight,
  FakeFleet,
  operator,
  seenInMemory,
  specOf,
  startCoordinator,
  uidOf,
  uids,
  untilLeader,
  wipe,
} from '../../support/cluster.ts';
import { facts } from '../../support/domain-records.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { begunSlot, endOf, forced, isHeld, lastAudit, silentFleet, toNode } from '../../support/held-slots.ts';
import { sayHello } from '../../support/hello.ts';
import { soonSilent, untilSilent } from '../../support/silence.ts';
import { whyWaiting } from '../../support/why-waiting.ts';

t.setTimeout(120_000);
const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test(
  'a node that has begun is removed by force only, and leaves a tombstone that counts in its scopes until it is written off',
  async (t) => {
    using fleet = silentFleet();
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    await enrolEight(core);
    await core.cluster.setBudget('cluster', 8, 'the roles decide', operator, '');
    await core.cluster.setBudget('role/osd', 1, 'one rack', operator, '');
    const slot = await begunSlot(core, toNode('demo154'));
    t.match(await errorOf(core.nodes.remove(slot.uid, 'burnt', operator, '')), {
      reason: 'NOT_ALLOWED_NOW',
      message: /holds a slot.*begun/,
    });
    t.match(await errorOf(core.nodes.writeOff('demo154', 'burnt', true, operator, '')), { reason: 'NOT_ALLOWED_NOW', message: /heard/ });
    t.match(await errorOf(core.nodes.remove(slot.uid, 'burnt', operator, '', { isForced: true, isPoweredOff: false })), {
      reason: 'INVALID_ARGUMENT',
    });
    await core.nodes.remove(slot.uid, 'burnt', operator, '', forced);
    t.match(await lastAudit(core, 'nodes.remove'), {
      actor: 'operator/alice',
      message: /^demo154: burnt \(by force\); known: its slot for .* is begun/,
    });
    t.match(await core.slots.list(), [{ uid: slot.uid, hostname: 'demo154', state: 'quarantined', message: /until it is written off/ }]);
    t.match(core.slots.removed(), [
      { hostname: 'demo154', message: /^it counts until it is written off: uvsctl nodes write-off demo154 / },
    ]);
    t.match(
      (
        await takeCensus(core, { live: () => ({ facts: facts() }), declared: { limitStates: () => [], settingStates: () => [] } }, 0)
      )?.nodes.get('removed'),
      1,
      'monitoring is told',
    );

    const { plan } = await core.rollouts.create(
      { ...(await core.rollouts.get(slot.rollout)).plan.spec, ...toNode('demo155') },
      operator,
      '',
    );
    const counts = (of: Core): Promise<unknown> =>
      eventually('it counts in its role', async () =>
        /budget role\/osd 1 of 1 used: demo154 \(removed\)/.test((await of.rollouts.get(plan.id)).waitingFor),
      );
    await counts(core);
    await using c2 = await startCoordinator(etcd, fleet, 'c2', { timings: soonSilent });
    c1.kill();
    const after = await untilLeader(c2);
    await counts(after);
    t.match(await errorOf(after.nodes.writeOff('demo154', 'burnt', false, operator, '')), { reason: 'INVALID_ARGUMENT' });
    t.match(await errorOf(after.nodes.writeOff('demo154', 'burnt', true, operator, '')), {
      reason: 'NOT_ALLOWED_NOW',
      message: /was heard/,
    });
    fleet.agent(slot.uid).link?.end(slot.uid);
    await untilSilent(after);
    await after.nodes.writeOff('demo154', 'the insurance has paid', true, operator, '');
    t.match(await lastAudit(after, 'nodes.write-off'), {
      actor: 'operator/alice',
      resource: `nodes/${slot.uid}`,
      message: /^demo154: the insurance has paid; known: its slot for .* is quarantined, it is not enrolled/,
    });
    await eventually('the others go on', async () => await isHeld(after, uidOf(5)));
  },
);

void t.test('the gates go on reckoning with a node that was removed by force, at the addresses it had', async (t) => {
  const reckoned = new Map<string, readonly string[]>();
  const watching: Gate = {
    name: 'storage',
    kind: 'command',
    ask: ({ begun }) => {
      for (const { hostname, addresses } of begun) reckoned.set(hostname, addresses);
      return Promise.resolve({ isYes: true, message: '' });
    },
  };
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [watching] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.setBudget('cluster', 8, 'the gate decides', operator, '');
  await sayHello(core, fleet, uidOf(4), { addresses: ['10.0.0.4'] });
  await begunSlot(core, toNode('demo154'));
  await core.nodes.remove('demo154', 'burnt', operator, '', forced);
  reckoned.clear();
  await begunSlot(core, toNode('demo155'));
  t.strictSame([...reckoned], [['demo154', ['10.0.0.4']]]);
});

void t.test('a node whose agent works without a slot is removed by force only, and leaves a tombstone that counts', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const agent = fleet.agent(uidOf(4));
  for (const phase of ['committing', 'needs-operator']) {
    agent.operations.set('op-console', { phase, token: undefined, isRunning: true });
    t.match(await errorOf(core.nodes.remove('demo154', 'gone', operator, '')), {
      reason: 'NOT_ALLOWED_NOW',
      message: `demo154 may be out of service: its agent works on op-console (${phase}) without a slot for it`,
      hint: /uvsctl nodes write-off demo154 --node-is-powered-off --reason TEXT; or remove it with --force --node-is-powered-off/,
    });
  }
  await core.nodes.remove('demo154', 'burnt', operator, '', forced);
  t.match(await core.slots.list(), [{ uid: uidOf(4), hostname: 'demo154', operation: 'op-console', state: 'quarantined' }]);
  t.match(await lastAudit(core, 'nodes.remove'), { message: /^demo154: burnt \(by force\); known: .*works on op-console/ });
  const { plan } = await core.rollouts.create(specOf(toNode('demo155')), operator, '');
  await eventually('it counts', async () =>
    /budget cluster 1 of 1 used: demo154 \(removed\)/.test((await core.rollouts.get(plan.id)).waitingFor),
  );
});

void t.test('a node that is cut off while its agent works without a slot is removed by force only, as while it was heard', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const agent = fleet.agent(uidOf(4));
  agent.operations.set('op-console', { phase: 'committing', token: undefined, isRunning: true });
  agent.link?.end(uidOf(4));
  t.match(await errorOf(core.nodes.remove('demo154', 'gone', operator, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: 'demo154 may be out of service: its agent worked on op-console (committing) without a slot for it when it was last heard',
  });
  await core.nodes.remove('demo154', 'burnt', operator, '', forced);
  t.match(await core.slots.list(), [{ uid: uidOf(4), operation: 'op-console', state: 'quarantined' }]);
});

for (const outcome of ['needs-operator', 'rolled-back', 'installed'] as const) {
  void t.test(
    `a node whose operation has ended as ${outcome} and is not proven leaves a tombstone when it is removed by force`,
    async (t) => {
      using fleet = silentFleet();
      const unwell: Gate = {
        name: 'storage',
        kind: 'command',
        ask: ({ moment }) => Promise.resolve({ isYes: moment !== 'after', message: 'no' }),
      };
      await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [unwell], timings: soonSilent });
      const core = await untilLeader(c1);
      await enrolEight(core);
      const slot = await begunSlot(core, toNode('demo154'));
      await core.slots.ended(slot.uid, endOf(slot, outcome));
      t.match(await errorOf(core.nodes.remove('demo154', 'gone', operator, '')), { reason: 'NOT_ALLOWED_NOW', message: /holds a slot/ });
      await core.nodes.remove('demo154', 'burnt', operator, '', forced);
      t.match(await core.slots.list(), [{ uid: slot.uid, hostname: 'demo154', state: 'quarantined' }]);
      const { plan } = await core.rollouts.create(specOf(toNode('demo155')), operator, '');
      await eventually('it counts', async () =>
        /budget cluster 1 of 1 used: demo154 \(removed\)/.test((await core.rollouts.get(plan.id)).waitingFor),
      );
      fleet.agent(slot.uid).link?.end(slot.uid);
      await untilSilent(core);
      await core.nodes.writeOff('demo154', 'the insurance has paid', true, operator, '');
      await eventually('the others go on', async () => await isHeld(core, uidOf(5)));
    },
  );
}

void t.test('a node that does nothing, or whose operation is not begun, is removed without force', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  fleet.agent(uidOf(4)).operations.set('op-console', { phase: 'staged', token: undefined, isRunning: false });
  for (const hostname of ['demo154', 'demo155']) await core.nodes.remove(hostname, 'scrapped', operator, '');
  t.strictSame(await core.slots.list(), []);
});

void t.test('a node goes together with its certificate, in one transaction, however often it is asked for', async (t) => {
  using fleet = new FakeFleet(uids);
  // nobody is waited for: that is shown elsewhere
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { timings: { silentAfterMs: 0 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const isPoweredOff = true;
  fleet.agent(uidOf(5)).link = undefined;
  const record = { identity: 'node/x', issuedAt: 1, isWithdrawn: false };
  for (const [name, go] of [
    ['demo154', () => core.nodes.remove('demo154', 'stolen', operator, 'once')],
    ['demo155', () => core.nodes.writeOff('demo155', 'stolen', isPoweredOff, operator, 'twice')],
  ] as const) {
    const { credential, uid } = core.nodes.find(name);
    const fingerprint = `of ${name}`;
    await core.credentials.record({ ...record, serial: credential, fingerprint }, operator);
    let sent = 0;
    c1.etcd.onTxn = () => {
      sent += 1;
      return sent === 1 ? 'lose-answer' : 'pass';
    };
    await go();
    await go();
    t.equal(sent, 1, `${name} goes by one transaction`);
    const list = await c1.etcd.get(keys.withdrawals);
    t.match(list?.value, fingerprint);
    t.equal(list?.modRevision, (await c1.etcd.get(keys.ledger))?.modRevision);
    t.equal((await c1.etcd.get(keys.node(uid))) ?? 'gone', 'gone');
    await eventually('every call of its certificate is refused', () => core.credentials.withdrawals().fingerprints.has(fingerprint));
    t.match((await core.audit.list({ limit: 1, before: undefined, resource: `nodes/${uid}` }))[0]?.message, 'its certificate is withdrawn');
    t.match(
      (await core.credentials.list()).find(({ serial }) => serial === credential),
      { isWithdrawn: true, hostname: name },
      'whoever looks later sees whose it was, though the record was made before names were kept',
    );
    t.match(await core.audit.list({ limit: 1, before: undefined, resource: `nodes/${uid}` }), [{ hostname: name }]);
  }
  t.equal(core.credentials.withdrawals().counter, 2);
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
  await whyWaiting(after, plan.id, /1 node has not told yet what it holds: demo154/);

  await after.nodes.remove('demo154', 'its board is being swapped', operator, '', { isForced: true, isPoweredOff: true });
  t.match(await after.slots.list(), [{ uid: lost.uid, hostname: 'demo154', state: 'quarantined', operation: 'unknown' }]);
  await whyWaiting(after, plan.id, /budget cluster 1 of 1 used: demo154 \(removed\)/);
});

void t.test(
  'a node that the leader has never heard is removed by force only: etcd may have lost what it has begun, and nobody knows',
  async (t) => {
    using fleet = silentFleet();
    const c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    await enrolEight(core);
    const snapshot = etcd.snapshot();
    const lost = await begunSlot(core, toNode('demo154'));
    await c1[Symbol.asyncDispose]();
    await etcd.restore(snapshot);

    // out of reach of whoever leads next
    fleet.agents.delete(lost.uid);
    await using c2 = await startCoordinator(etcd, fleet, 'c2');
    const after = await untilLeader(c2);
    t.match(await errorOf(after.nodes.remove('demo154', 'gone?', operator, '')), {
      reason: 'NOT_ALLOWED_NOW',
      message: /^demo154 may be out of service: it has told nothing in the \d+ s for which this coordinator leads$/,
      hint: /uvsctl nodes write-off demo154 --node-is-powered-off --reason TEXT/,
    });
    await after.nodes.remove('demo155', 'it is heard', operator, '');
    await after.nodes.remove('demo154', 'its board is being swapped', operator, '', forced);
    t.match(await after.slots.list(), [{ uid: lost.uid, hostname: 'demo154', state: 'quarantined', operation: 'unknown' }]);
  },
);
