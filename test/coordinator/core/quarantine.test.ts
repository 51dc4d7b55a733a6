import t from 'tap';
import { enrolEight, operator, startCoordinator, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { begunSlot, endOf, silentFleet, toNode, unforced, untilFree } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('an agent that remembers less than the ledger is quarantined, and its own word frees nothing', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo154'));
  const agent = fleet.agent(slot.uid);
  agent.operations.clear();
  agent.behaviour.forgottenOperation = slot.operation;
  t.match(core.nodes.status(slot.uid), { state: 'quarantined', message: /remembers nothing of it: .*An agent that forgot/ });
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

void t.test('a node that comes into quarantine while the gates are asked is not freed by their yes', async (t) => {
  using fleet = silentFleet();
  let onAfter = (): void => undefined;
  const ask = async ({ moment }: { moment: string }) => {
    if (moment === 'after') onAfter();
    return { isYes: true, message: '' };
  };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [{ name: 'storage', kind: 'test', ask }] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo154'));
  const agent = fleet.agent(slot.uid);
  let asked = 0;
  onAfter = () => {
    asked += 1;
    agent.behaviour.quarantineReason = 'two agents with this UID are connected';
  };
  agent.operations.clear();
  await core.slots.ended(slot.uid, endOf(slot, 'rolled-back'));
  await eventually('the reason is told', async () => /two agents with this UID/.test((await core.rollouts.get(slot.rollout)).waitingFor));
  t.equal(asked, 1);
  t.match(await core.slots.list(), [{ uid: slot.uid, state: 'ended' }]);
  onAfter = () => undefined;
  agent.behaviour.quarantineReason = undefined;
  await untilFree(core, slot.uid);
});
