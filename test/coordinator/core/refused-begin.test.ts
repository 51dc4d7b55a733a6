import t from 'tap';
import type { Core } from '../../../coordinator/core.ts';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uidOf, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { endOf, silentFleet, soon, toNode, unforced } from '../../support/held-slots.ts';
import { scriptedGate } from '../../support/scripted-gate.ts';

t.setTimeout(120_000);
const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

/** Has a node give back the next of its turns that is none of these, since its grant has ended. Returns whether it was given one. */
async function giveBack(core: Core, fleet: FakeFleet, rollout: string, known: Set<string>): Promise<boolean> {
  const slot = await eventually('it is granted anew, or the rollout stops', async () => {
    if ((await core.rollouts.get(rollout)).state.state !== 'running') return 'none' as const;
    return (await core.slots.list()).find((each) => !known.has(each.operation));
  });
  if (slot === 'none') return false;
  known.add(slot.operation);
  await core.slots.release(slot.uid, 'as if its lease had ended', unforced, operator, '');
  await core.slots.begin(slot.uid, slot.operation, slot.token, soon());
  await core.slots.ended(slot.uid, endOf(slot, 'never-acted'));
  fleet.agent(slot.uid).operations.delete(slot.operation);
  fleet.changed(slot.uid);
  return true;
}

void t.test('a turn that is given back since its grant has ended is not held against the node, nor excused for ever', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf(toNode('demo154')), operator, '');
  const known = new Set<string>();
  while (await giveBack(core, fleet, plan.id, known)) t.ok(known.size < 20, `${known.size} turns`);
  t.ok(known.size > 5);
  t.match((await core.rollouts.get(plan.id)).state, { state: 'paused', reason: /^demo154 failed: gave its turn back/ });
});

void t.test('a gate that says yes to a grant and no to its begin is waited for, and asked again every so often', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(4)).behaviour.givesBack = true;
  const { gate, asked, answers } = scriptedGate();
  let isWell = false;
  answers.set('before-begin demo154 []', () => (isWell ? undefined : 'pg 3.1 is not clean'));
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { retryMs: 700 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const onFailure = { action: 'continue', tolerated: 1 } as const;
  const { plan } = await core.rollouts.create(specOf({ ...toNode('demo154'), onFailure }), operator, '');
  const begins = () => asked.filter((question) => question === 'before-begin demo154 []').length;
  await eventually('it was asked more often than a node may give its turn back', () => begins() >= 5, 15_000);
  const { state, steps } = await core.rollouts.get(plan.id);
  t.match([state.state, steps[0]?.state], ['running', /pending|staging|staged|granted/], 'nothing of that is the fault of the node');
  await eventually('it is told', async () => /pg 3\.1 is not clean/.test((await core.rollouts.get(plan.id)).waitingFor));
  const [beganMs, before] = [performance.now(), begins()];
  await eventually('it is asked on', () => begins() >= before + 2, 15_000);
  t.ok(performance.now() - beganMs >= 1_300, 'and not at once again');
  isWell = true;
  await eventually('it is done', async () => (await core.rollouts.get(plan.id)).state.state === 'succeeded', 15_000);
});

void t.test('a gate that never says yes to the begin pauses the rollout by the wait deadline', async (t) => {
  using fleet = new FakeFleet(uids);
  fleet.agent(uidOf(4)).behaviour.givesBack = true;
  const { gate, answers } = scriptedGate();
  answers.set('before-begin demo154 []', () => 'pg 3.1 is not clean');
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { retryMs: 500 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const onFailure = { action: 'continue', tolerated: 1 } as const;
  const { plan } = await core.rollouts.create(specOf({ ...toNode('demo154'), onFailure, waitDeadlineMs: 3_000 }), operator, '');
  const state = await eventually(
    'it pauses',
    async () => {
      const now = (await core.rollouts.get(plan.id)).state;
      return now.state === 'paused' ? now : undefined;
    },
    15_000,
  );
  t.match(state.reason, /^demo154 could not begin within 3 s: .*pg 3\.1 is not clean/);
});

void t.test('what a begin was refused for is not told any more of a node that had its slot again since', async (t) => {
  using fleet = silentFleet();
  const { gate, answers } = scriptedGate();
  let isWell = false;
  answers.set('before-begin demo154 []', () => (isWell ? undefined : 'pg 3.1 is not clean'));
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate], timings: { retryMs: 300 } });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const { plan } = await core.rollouts.create(specOf(toNode('demo154')), operator, '');
  const next = (known: string) =>
    eventually('it is granted', async () => (await core.slots.list()).find(({ operation }) => operation !== known), 10_000);
  const told = async () => (await core.rollouts.get(plan.id)).steps[0]?.message ?? '';
  const first = await next('');
  t.match(await core.slots.begin(first.uid, first.operation, first.token, soon()), { isYes: false });
  await core.slots.ended(first.uid, endOf(first, 'never-acted'));
  fleet.agent(first.uid).operations.delete(first.operation);
  fleet.changed(first.uid);
  await eventually('it is told of the next operation', async () => /pg 3\.1/.test(await told()));
  isWell = true;
  const second = await next(first.operation);
  const silent = Promise.withResolvers<undefined>();
  answers.set('before-grant demo154 []', () => silent.promise);
  await core.slots.release(second.uid, 'as if its lease had ended', unforced, operator, '');
  const asked = 'the gates are being asked whether it may have its slot';
  await eventually('what is so now is told', async () => (await told()) === asked, 5_000);
  silent.resolve(undefined);
});
