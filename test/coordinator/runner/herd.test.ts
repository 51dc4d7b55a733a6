import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { Gate } from '../../../coordinator/ports.ts';
import { FakeFleet, operator, packageOf, specOf, startCoordinator, untilLeader } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { nodeOf } from '../../support/fake-fleet.ts';

const NODES = 60;
const BUDGET = 20;
const GATE_MS = 400;

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());

void t.test('a gate that takes its time is waited for once by all that go together, and as many go as may', async (t) => {
  const uids = Array.from({ length: NODES }, () => randomUUID());
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.actMs = 2 * GATE_MS;
  const asked: string[] = [];
  const gate: Gate = {
    name: 'slow',
    kind: 'test',
    ask: async ({ moment, node }) => {
      asked.push(`${moment} ${node.uid}`);
      await new Promise((resolve) => setTimeout(resolve, GATE_MS));
      return { isYes: true, message: '' };
    },
  };
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [gate] });
  const core = await untilLeader(c1);
  for (const [index, uid] of uids.entries()) await core.nodes.enrol(nodeOf(uid, `node-${index}`, ['osd']), { identity: 'joining/t1' });
  await core.packages.add(packageOf(), operator);
  const { plan } = await core.rollouts.create(specOf({ mode: 'parallel', budget: BUDGET }), operator, '');
  await eventually('all are done', async () => (await core.rollouts.get(plan.id)).state.state === 'succeeded', 60_000);
  t.equal(fleet.mostDisturbed, BUDGET, 'as many at once as the budget allows, and no more');
  t.same(fleet.refusals, []);
  t.equal(asked.length, 3 * NODES, 'before the grant, before the beginning and after, once each');
});
