import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { Core } from '../../../coordinator/core.ts';
import type { Gate } from '../../../coordinator/ports.ts';
import { FakeFleet, operator, packageOf, specOf, startCoordinator, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { nodeOf } from '../../support/fleet-records.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

async function enrol(core: Core, uids: readonly string[]): Promise<void> {
  for (const [index, uid] of uids.entries()) await core.nodes.enrol(nodeOf(uid, `node-${index}`, ['osd']), { identity: 'joining/t1' });
  await core.packages.add(packageOf(), operator);
}

async function untilDone(core: Core, budget: number): Promise<void> {
  const { plan } = await core.rollouts.create(specOf({ mode: 'parallel', budget }), operator, '');
  await eventually('all are done', async () => (await core.rollouts.states()).includes('succeeded'), 60_000);
  t.same((await core.rollouts.get(plan.id)).state.reason, '');
}

void t.test('a gate that takes its time is waited for once by all that go together, and as many go as may', async (t) => {
  const [nodes, budget, gateMs] = [60, 20, 400];
  const uids = Array.from({ length: nodes }, () => randomUUID());
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.actMs = 2 * gateMs;
  let asked = 0;
  const gate: Gate = {
    name: 'slow',
    kind: 'test',
    ask: async () => {
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, gateMs));
      return { isYes: true, message: '' };
    },
  };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate] });
  const core = await untilLeader(c1);
  await enrol(core, uids);
  await untilDone(core, budget);
  t.equal(fleet.mostDisturbed, budget, 'as many at once as the budget allows, and no more');
  t.same(fleet.refusals, []);
  t.equal(asked, 3 * nodes, 'before the grant, before the beginning and after, once each');
});

void t.test('what a node costs does not grow with the number of nodes', async (t) => {
  const [nodes, budget] = [600, 20];
  const uids = Array.from({ length: nodes }, () => randomUUID());
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.actMs = 100;
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { timings: { tickMs: 5_000 } });
  const core = await untilLeader(c1);
  await enrol(core, uids);
  fleet.looks = 0;
  await untilDone(core, budget);
  // how near to the budget it comes is the machine's speed
  t.ok(fleet.mostDisturbed > budget / 4 && fleet.mostDisturbed <= budget, `${fleet.mostDisturbed} at once, of ${budget}`);
  t.comment(`${fleet.looks / nodes} looks for each node`);
  // gates are told of all that have begun, three times
  t.ok(
    fleet.looks < (3 * budget + 100) * nodes,
    `${fleet.looks} looks at what is known of ${nodes} nodes: each is looked at when it has changed`,
  );
});
