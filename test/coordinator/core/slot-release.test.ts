import t from 'tap';
import type { Force } from '../../../coordinator/core.ts';
import { enrolEight, operator, startCoordinator, uidOf, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import {
  begunSlot,
  endOf,
  forced,
  grantedSlot,
  isHeld,
  lastAudit,
  silentFleet,
  soon,
  toNode,
  unforced,
  untilFree,
} from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

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
    await eventually(
      'it has failed, whatever keeps its slot',
      async () => (await core.rollouts.get(slot.rollout)).state.state === 'paused',
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
  t.match((await core.rollouts.get(slot.rollout)).state.reason, /^demo154 failed: its slot was taken back by operator\/alice: burnt/);
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

void t.test('a rollout that is paused for a deadline says what became of its node, once its slot was taken by force', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, { ...toNode('demo154'), stepDeadlineMs: 300 });
  const paused = (reason: RegExp) =>
    eventually(String(reason), async () => {
      const { state } = await core.rollouts.get(slot.rollout);
      return state.state === 'paused' && reason.test(state.reason);
    });
  await core.slots.release('demo154', 'it hangs', unforced, operator, '');
  await paused(
    /^demo154 was not confirmed within 0 s of its beginning: its slot was taken back by operator\/alice, and it has not acknowledged yet$/,
  );
  fleet.agent(slot.uid).link?.end(slot.uid);
  await core.slots.release('demo154', 'burnt', forced, operator, '');
  t.ok(await paused(/^demo154 failed: its slot was taken back by operator\/alice: burnt$/));
});

void t.test('what has ended and can not be proven healthy is freed by a release, and its node counts by what it is', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo154'));
  await core.slots.ended(slot.uid, endOf(slot, 'rolled-back'));
  fleet.agent(slot.uid).behaviour.failedServices = ['ceph-osd@4'];
  t.equal(await core.slots.release('demo154', 'I have seen to it', unforced, operator, ''), undefined);
  t.notOk(await isHeld(core, slot.uid));
  fleet.agent(slot.uid).operations.clear();
  t.match(core.nodes.status(slot.uid), { state: 'unhealthy' });
  t.match(await lastAudit(core, 'slots.release'), { message: /I have seen to it; known: .* is ended \(rolled-back\)/ });
});

void t.test(
  'a slot that was left to an operator is not taken back while its agent may hold the operation open: the node says more',
  async (t) => {
    using fleet = silentFleet();
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    await enrolEight(core);
    const slot = await begunSlot(core, toNode('demo154'));
    const agent = fleet.agent(slot.uid);
    agent.operations.set(slot.operation, { phase: 'needs-operator', token: slot.token, isRunning: false });
    await core.slots.ended(slot.uid, endOf(slot, 'needs-operator'));
    const release = (force: Force) => errorOf(core.slots.release('demo154', 'try', force, operator, ''));
    const accept = `on it: systemctl stop uvs-agent; uvs-agent recover --accept ${slot.operation} --reason TEXT; systemctl start uvs-agent.`;
    const refused = {
      reason: 'NOT_ALLOWED_NOW',
      message: 'demo154 needs an operator: said so',
      hint: `Put the node in order, then, ${accept}`,
    };
    t.match(await release(unforced), refused);
    t.match(await release(forced), refused, 'it is heard: it is not off');
    t.match(await errorOf(core.nodes.remove('demo154', 'gone', operator, '')), { reason: 'NOT_ALLOWED_NOW', hint: refused.hint });
    t.match(core.nodes.status(slot.uid), { state: 'needs-operator', message: 'said so' });

    agent.link?.end(slot.uid);
    t.match(await release(unforced), { message: /^demo154 needs an operator, and is not heard/, hint: /--force --node-is-powered-off\.$/ });
    t.equal(
      await core.slots.release('demo154', 'burnt', forced, operator, ''),
      undefined,
      'a machine that is gone for good is not waited for',
    );
    t.notOk(await isHeld(core, slot.uid));
  },
);
