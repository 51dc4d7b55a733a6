import t from 'tap';
import type { Core } from '../../../coordinator/core.ts';
import { enrolEight, operator, specOf, startCoordinator, uidOf, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { nodeOf } from '../../support/fake-fleet.ts';
import { begunSlot, endOf, forced, grantedSlot, isHeld, lastAudit, silentFleet, soon, toNode, unforced } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

function untilFree(core: Core, uid: string): Promise<unknown> {
  return eventually(`the slot of ${uid} is free`, async () => !(await isHeld(core, uid)), 10_000);
}

/** A node counts as silent soon, so that tests need not wait. */
const soonSilent = { silentAfterMs: 1_500 };

/** Lets the time pass in which who says nothing comes to count as silent. */
function untilSilent(core: Core): Promise<unknown> {
  const fromMs = performance.now();
  return eventually(
    'who says nothing is silent',
    () => performance.now() - fromMs > soonSilent.silentAfterMs && core.nodes.list().length > 0,
  );
}

void t.test('a slot that was only granted is free at once, and its token is no good any more', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await grantedSlot(core, toNode('demo154'));
  fleet.agent(slot.uid).behaviour.ignoresCancels = true;
  await core.rollouts.pause(slot.rollout, 'to look at it', operator, '');
  t.equal(await core.slots.release('demo154', 'not this one', unforced, operator, ''), undefined);
  t.notOk(await isHeld(core, slot.uid));
  t.equal((await core.slots.begin(slot.uid, slot.operation, slot.token, soon())).isYes, false);
  t.match(await lastAudit(core, 'slots.release'), {
    actor: 'operator/alice',
    resource: `nodes/${slot.uid}`,
    message:
      /^demo154: not this one; known: its slot for op-\S+ of ro-\S+ is granted, it counts as updating, last heard 0 s ago \(staged\)$/,
  });
  t.match(await errorOf(core.slots.release('demo154', 'again', unforced, operator, '')), { reason: 'NOT_FOUND' });
});

void t.test(
  'a begun slot is revoked first: nothing is confirmed any more, it counts, and is freed with evidence once it has ended',
  async (t) => {
    using fleet = silentFleet();
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    await enrolEight(core);
    const slot = await begunSlot(core, toNode('demo154'));
    t.match(await core.slots.release('demo154', 'its task hangs', unforced, operator, 'r1'), {
      state: 'revoked',
      revocation: { by: 'operator/alice' },
    });
    t.match(
      await core.slots.release('demo154', 'its task hangs', unforced, operator, 'r1'),
      { state: 'revoked' },
      'the same request again',
    );
    for (const ask of ['begin', 'confirm'] as const) {
      const answer = await (ask === 'begin'
        ? core.slots.begin(slot.uid, slot.operation, slot.token, soon())
        : core.slots.confirm(slot.uid, slot.operation, slot.token));
      t.match(answer, { isYes: false, reason: /taken back by operator\/alice: its task hangs/ }, ask);
    }
    t.match(core.nodes.status(slot.uid), { state: 'updating', message: /taken back by operator\/alice/ });
    t.match((await core.rollouts.get(slot.rollout)).waitingFor, /taken back by operator\/alice, and it has not acknowledged/);
    const other = await core.rollouts.create(
      { ...(await core.rollouts.get(slot.rollout)).plan.spec, selector: { all: false, nodes: ['demo155'], roles: [], labels: {} } },
      operator,
      '',
    );
    await eventually('it still counts', async () =>
      /budget cluster 1 of 1 used: demo154/.test((await core.rollouts.get(other.plan.id)).waitingFor),
    );
    const agent = fleet.agent(slot.uid);
    agent.behaviour.failedServices = ['ceph-osd@4'];
    await core.slots.ended(slot.uid, endOf(slot, 'rolled-back'));
    await eventually('evidence is asked for', async () =>
      /not running: ceph-osd@4/.test((await core.rollouts.get(slot.rollout)).waitingFor),
    );
    t.match(await core.slots.find('demo154'), { state: 'ended', outcome: 'rolled-back', known: /its slot for op-\S+ of ro-\S+ is ended/ });
    agent.behaviour.failedServices = [];
    await untilFree(core, slot.uid);
    t.match(await core.rollouts.operation(slot.operation), { state: 'failed', message: /taken back by operator\/alice: its task hangs/ });
  },
);

void t.test('an agent is told until it acknowledges, by whoever leads', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo154'));
  await core.slots.release('demo154', 'its task hangs', unforced, operator, '');
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  c1.kill();
  const after = await untilLeader(c2);
  t.match(await after.slots.find('demo154'), { state: 'revoked' });
  t.equal((await after.slots.confirm(slot.uid, slot.operation, slot.token)).isYes, false);
  fleet.agent(slot.uid).behaviour.ignoresRevokes = false;
  await untilFree(after, slot.uid);
});

void t.test('without the acknowledgement it takes force and the word that the node is off; it counts until it acknowledges', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo154'));
  t.match(await errorOf(core.slots.release('demo154', 'burnt', { isForced: true, isPoweredOff: false }, operator, '')), {
    reason: 'INVALID_ARGUMENT',
    hint: /--node-is-powered-off/,
  });
  t.match(await core.slots.find('demo154'), { state: 'begun' }, 'nothing was changed');
  const { link } = fleet.agent(slot.uid);
  fleet.agent(slot.uid).link = undefined;
  t.match(await core.slots.release('demo154', 'burnt', forced, operator, ''), { state: 'quarantined' });
  t.match(await lastAudit(core, 'slots.release'), {
    actor: 'operator/alice',
    message: /^demo154: burnt \(by force\); known: its slot for op-\S+ of ro-\S+ is begun, it counts as updating, not heard/,
  });
  t.match(core.nodes.status(slot.uid), {
    state: 'quarantined',
    message: /by force \(operator\/alice: burnt\), and it has not acknowledged; not heard/,
  });
  t.match(await core.rollouts.operation(slot.operation), { state: 'failed' }, 'its rollout is rid of it');
  await eventually('the rollout pauses', async () => (await core.rollouts.get(slot.rollout)).state.state === 'paused');
  await core.rollouts.abort(slot.rollout, 'enough', operator, '');
  await eventually('and can end', async () => (await core.rollouts.get(slot.rollout)).state.endedAt !== undefined);
  t.match(await core.slots.find('demo154'), { state: 'quarantined' }, 'its end frees nothing');

  const { plan } = await core.rollouts.create({ ...(await core.rollouts.get(slot.rollout)).plan.spec, ...toNode('demo155') }, operator, '');
  await eventually('it counts', async () =>
    /budget cluster 1 of 1 used: demo154 \(quarantined\)/.test((await core.rollouts.get(plan.id)).waitingFor),
  );
  await core.cluster.setBudget('cluster', 2, 'one is burnt', operator, '');
  await eventually('others go on under a larger budget', async () => await isHeld(core, uidOf(5)));

  t.match(await errorOf(core.slots.release('demo154', 'again', forced, operator, '')), { reason: 'NOT_ALLOWED_NOW', hint: /write-off/ });
  t.equal((await core.slots.confirm(slot.uid, slot.operation, slot.token)).isYes, false);
  // it was not burnt after all
  fleet.agent(slot.uid).behaviour.ignoresRevokes = false;
  fleet.agent(slot.uid).link = link;
  fleet.changed(slot.uid);
  await untilFree(core, slot.uid);
  t.equal(core.nodes.status(slot.uid).state, 'ready');
});

void t.test('what has ended and can not be proven healthy is freed by a release, and its node counts by what it is', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo154'));
  await core.slots.ended(slot.uid, endOf(slot, 'needs-operator'));
  fleet.agent(slot.uid).behaviour.failedServices = ['ceph-osd@4'];
  t.equal(await core.slots.release('demo154', 'I have seen to it', unforced, operator, ''), undefined);
  t.notOk(await isHeld(core, slot.uid));
  fleet.agent(slot.uid).operations.clear();
  t.match(core.nodes.status(slot.uid), { state: 'unhealthy' });
  t.match(await lastAudit(core, 'slots.release'), { message: /I have seen to it; known: .* is ended \(needs-operator\)/ });
});

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
    t.match(await errorOf(core.nodes.writeOff('demo154', 'burnt', true, operator, '')), { reason: 'NOT_ALLOWED_NOW', hint: /release/ });
    t.match(await errorOf(core.nodes.remove(slot.uid, 'burnt', operator, '', { isForced: true, isPoweredOff: false })), {
      reason: 'INVALID_ARGUMENT',
    });
    await core.nodes.remove(slot.uid, 'burnt', operator, '', forced);
    t.match(await lastAudit(core, 'nodes.remove'), {
      actor: 'operator/alice',
      message: /^demo154: burnt \(by force\); known: its slot for .* is begun/,
    });
    t.match(await core.slots.list(), [{ uid: slot.uid, hostname: 'demo154', state: 'quarantined', message: /until it is written off/ }]);

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
    await using c2 = await startCoordinator(etcd, fleet, 'c2', { settings: soonSilent });
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

void t.test(
  'a node that is heard is not written off, whatever is said of its power, nor before it has been silent for long enough',
  async (t) => {
    using fleet = silentFleet();
    await using c1 = await startCoordinator(etcd, fleet, 'c1', { settings: soonSilent });
    const core = await untilLeader(c1);
    await enrolEight(core);
    const strike = (): Promise<void> => core.nodes.writeOff('demo155', 'burnt', true, operator, '');
    const heard = {
      reason: 'NOT_ALLOWED_NOW',
      message: /^demo155 was heard \d+ s ago: it is not powered off$/,
      hint: /uvsctl nodes cordon demo155; .*uvsctl nodes remove demo155\. .* try again in [12] s\.$/,
    };
    t.match(await errorOf(strike()), heard);
    await untilSilent(core);
    t.match(await errorOf(strike()), heard, 'its session is open, and the term is old');
    fleet.agent(uidOf(5)).link?.end(uidOf(5));
    t.match(await errorOf(strike()), heard, 'its session ended a moment ago');
    await untilSilent(core);
    await strike();
    t.equal((await errorOf(async () => core.nodes.find('demo155'))).reason, 'NOT_FOUND');
  },
);

void t.test('a new leader, whom nobody has told what was heard before it, takes no node for silent at once', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const begun = await begunSlot(core, toNode('demo154'));
  await core.slots.release('demo154', 'it burns', forced, operator, '');
  await using c2 = await startCoordinator(etcd, fleet, 'c2', { settings: soonSilent });
  c1.kill();
  const after = await untilLeader(c2);
  fleet.agent(begun.uid).link = undefined;
  t.match(await errorOf(after.nodes.writeOff('demo154', 'it burns', true, operator, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: /^this coordinator leads for [01] s, too short a time to know that demo154 is silent$/,
    hint: /^Try again in [12] s\.$/,
  });
  await untilSilent(after);
  await after.nodes.writeOff('demo154', 'it burns', true, operator, '');
  t.notOk(await isHeld(after, begun.uid));
});

void t.test('an agent that remembers less than the ledger is quarantined, and its own word frees nothing', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo154'));
  const agent = fleet.agent(slot.uid);
  agent.operations.clear();
  agent.behaviour.forgottenOperation = slot.operation;
  t.match(core.nodes.status(slot.uid), { state: 'quarantined', message: /remembers nothing of it/ });
  await eventually('the rollout says so', async () => /remembers nothing of it/.test((await core.rollouts.get(slot.rollout)).waitingFor));
  t.match(await core.slots.list(), [{ uid: slot.uid, state: 'begun' }], 'health alone frees nothing');
  agent.behaviour.ignoresRevokes = false;
  t.match(await core.slots.release('demo154', 'its disk was put back', unforced, operator, ''), { state: 'revoked' });
  await eventually('it has told', async () => (await core.slots.list())[0]?.state === 'ended');
  t.match(await core.slots.list(), [
    { uid: slot.uid, outcome: 'needs-operator', outcomeMessage: /remembered nothing of it, and says never-acted/ },
  ]);
  await eventually('the step says so', async () => (await core.rollouts.operation(slot.operation)).state === 'failed');
  t.match(core.nodes.status(slot.uid), { state: 'needs-operator' }, 'it counts');
  // the operator looked at the node and accepted it there; its agent was started anew and remembers that
  agent.behaviour.forgottenOperation = undefined;
  await core.slots.ended(slot.uid, endOf(slot, 'failed'));
  await untilFree(core, slot.uid);
});

void t.test('a node in quarantine is confirmed nothing and freed of nothing', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo154'));
  const agent = fleet.agent(slot.uid);
  agent.behaviour.quarantineReason = 'two agents with this UID are connected';
  t.match(await core.slots.confirm(slot.uid, slot.operation, slot.token), { isYes: false, reason: /two agents with this UID/ });
  agent.operations.clear();
  await core.slots.ended(slot.uid, endOf(slot, 'rolled-back'));
  await eventually('the reason is told', async () => /two agents with this UID/.test((await core.rollouts.get(slot.rollout)).waitingFor));
  t.match(await core.slots.list(), [{ uid: slot.uid, state: 'ended' }]);
  agent.behaviour.quarantineReason = undefined;
  await untilFree(core, slot.uid);
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
      hint: /uvsctl nodes write-off demo154 --node-is-powered-off; or remove it with --force --node-is-powered-off/,
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

void t.test('a node that does nothing, or whose operation is not begun, is removed without force', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  fleet.agent(uidOf(4)).operations.set('op-console', { phase: 'staged', token: undefined, isRunning: false });
  for (const hostname of ['demo154', 'demo155']) await core.nodes.remove(hostname, 'scrapped', operator, '');
  t.strictSame(await core.slots.list(), []);
});

void t.test('a host name that a removed node and its successor share is nobody by itself: both are named by their UIDs', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { settings: soonSilent });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo154'));
  fleet.agent(slot.uid).link?.end(slot.uid);
  await core.nodes.remove('demo154', 'new board', operator, '', forced);
  t.match(await errorOf(core.nodes.remove('demo154', 'again', operator, '')), {
    reason: 'NOT_FOUND',
    message: 'demo154 was removed already; it counts until it is written off',
    hint: /uvsctl nodes write-off demo154 /,
  });
  t.match(await core.slots.find('demo154'), { uid: slot.uid }, 'while there is no other, the name is its own');
  const fresh = uidOf(8).replace(/.$/u, 'f');
  await core.nodes.enrol(nodeOf(fresh, 'demo154', ['osd']), { identity: 'joining/t2' });
  const both = {
    reason: 'INVALID_ARGUMENT',
    message: `demo154 is the name of 2 nodes: ${fresh}, which is enrolled; ${slot.uid}, which was removed by force and counts until it is written off`,
    hint: 'Say which by its UID.',
  };
  await untilSilent(core);
  for (const ask of [
    () => core.slots.find('demo154'),
    () => core.slots.release('demo154', 'x', forced, operator, ''),
    () => core.nodes.remove('demo154', 'x', operator, '', forced),
    () => core.nodes.writeOff('demo154', 'x', true, operator, ''),
  ]) {
    t.match(await errorOf(ask()), both);
  }
  t.match(await errorOf(core.slots.release(slot.uid, 'x', forced, operator, '')), { hint: new RegExp(`write-off ${slot.uid}`) });
  t.match(await core.slots.find(slot.uid), { state: 'quarantined', hostname: 'demo154' });
  t.match(await errorOf(core.slots.find(fresh)), { reason: 'NOT_FOUND' });
  await core.nodes.writeOff(slot.uid, 'the old board burnt', true, operator, '');
  t.notOk(await isHeld(core, slot.uid));
  t.match(core.nodes.find('demo154'), { uid: fresh }, 'the new one is still there, and the name is its own');
});

void t.test('a host name under which two nodes were removed is neither of them', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { settings: soonSilent });
  const core = await untilLeader(c1);
  await enrolEight(core);
  await core.cluster.setBudget('cluster', 2, 'two burn', operator, '');
  const first = await begunSlot(core, toNode('demo154'));
  await core.nodes.remove('demo154', 'burnt', operator, '', forced);
  const { hostname, ...other } = core.nodes.find('demo155');
  await core.nodes.learn(other.uid, {
    ...other,
    hostname: hostname.replace('155', '154'),
    facts: fleet.agent(other.uid).facts,
    openOperations: [],
    endedOperations: [],
  });
  await begunSlot(core, toNode('demo154'));
  await core.nodes.remove(other.uid, 'burnt', operator, '', forced);
  const refusal = await errorOf(core.nodes.writeOff('demo154', 'x', true, operator, ''));
  t.match(refusal, { reason: 'INVALID_ARGUMENT', message: new RegExp(`2 nodes: ${first.uid}, .*; ${other.uid}, which was removed`) });
});
