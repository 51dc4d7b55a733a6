import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { Gate } from '../../../coordinator/ports.ts';
import { FRESH_MS } from '../../../coordinator/core/gate-line.ts';
import { enrolEight, FakeFleet, startCoordinator, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import type { FleetAgent } from '../../support/fleet-agent.ts';
import { factsOf } from '../../support/fleet-records.ts';
import { begunSlot, endOf, silentFleet, toNode } from '../../support/held-slots.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

/** Has demo151 installed its release; what becomes of it while the gates are asked whether it is back, and how long they take, is the test's. */
async function slotToFree(fleet: FakeFleet, whileAsked: (agent: FleetAgent) => Promise<void>) {
  let agent: FleetAgent | undefined;
  const gate: Gate = {
    name: 'slow',
    kind: 'test',
    ask: async ({ moment }) => {
      if (moment === 'after' && agent !== undefined) await whileAsked(agent);
      return { isYes: true, message: '' };
    },
  };
  const c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  const slot = await begunSlot(core, toNode('demo151'));
  agent = fleet.agent(slot.uid);
  agent.operations.clear();
  agent.facts = factsOf('2.14.17', 'boot-1', ['uvs']);
  await core.slots.ended(slot.uid, endOf(slot, 'installed'));
  return { core, slot, [Symbol.asyncDispose]: () => c1[Symbol.asyncDispose]() };
}

void t.test('a node is asked again once a gate that took its time has said yes', async (t) => {
  using fleet = silentFleet();
  await using scene = await slotToFree(fleet, async (agent) => {
    await delay(FRESH_MS / 2 + 100);
    agent.facts = factsOf('2.14.16', 'boot-1', []);
  });
  const waitingFor = async (): Promise<string> => (await scene.core.rollouts.get(scene.slot.rollout)).waitingFor;
  await eventually('it lacks it by now', async () => /as installed and does not show it: uvs/.test(await waitingFor()));
  t.match(await scene.core.slots.list(), [{ uid: scene.slot.uid, state: 'ended' }]);
});

for (const [what, change, reason] of [
  ['falls ill', { failedServices: ['ceph-mon@a'] }, /not running: ceph-mon@a/],
  ['turns out to be two', { quarantineReason: 'one is a copy of the other' }, /one is a copy of the other/],
] as const) {
  void t.test(`a node that ${what} while the gates are asked keeps its slot`, async (t) => {
    using fleet = silentFleet();
    const seen: string[] = [];
    await using scene = await slotToFree(fleet, async (agent) => {
      Object.assign(agent.behaviour, change);
      seen.push('asked');
    });
    const { core, slot } = scene;
    await eventually('it is told', async () => reason.test((await core.rollouts.get(slot.rollout)).waitingFor));
    t.same(seen, ['asked'], 'it was found before the gates could be asked again');
    t.match(await core.slots.list(), [{ uid: slot.uid, state: 'ended' }]);
  });
}

void t.test('a node that goes silent while the gates are asked keeps its slot', async (t) => {
  using fleet = silentFleet();
  await using scene = await slotToFree(fleet, async (agent) => agent.link?.end(agent.uid));
  const { core, slot } = scene;
  await eventually('it is gone', () => fleet.agent(slot.uid).link === undefined);
  await delay(500);
  t.match(await core.slots.list(), [{ uid: slot.uid, state: 'ended' }]);
});

void t.test('a node that is slow to answer is freed all the same, behind a gate that takes its time', async (t) => {
  using fleet = silentFleet();
  await using scene = await slotToFree(fleet, async (agent) => {
    agent.behaviour.probeMs = FRESH_MS + 200;
    await delay(FRESH_MS / 2 + 100);
  });
  await eventually('freed', async () => (await scene.core.slots.list()).length === 0);
  t.equal(fleet.probes, 2);
});
