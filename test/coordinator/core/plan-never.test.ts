import t from 'tap';
import type { Gate } from '../../../coordinator/ports.ts';
import { enrolEight, FakeFleet, specOf, startCoordinator, uids, untilLeader } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());

void t.test('a plan tells what no waiting will make a yes, of all its nodes, and once', async (t) => {
  const closed: Gate = {
    name: 'storage',
    kind: 'test',
    ask: async ({ node }) => ({ isYes: false, message: `can never be yes: pool rbd can spare no copy (asked for ${node.hostname})` }),
    never: async (nodes) => [`can never be yes: pool rbd can spare no copy`, `can never be yes: ${nodes.length} nodes`],
  };
  const broken: Gate = {
    name: 'broken',
    kind: 'test',
    ask: async () => ({ isYes: false, message: 'it does not answer' }),
    never: async () => Promise.reject(new Error('it does not answer')),
  };
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { gates: [closed, broken] });
  const core = await untilLeader(c1);
  await enrolEight(core);
  t.same((await core.rollouts.plan(specOf())).blockers, [
    { kind: 'gate/storage', message: 'can never be yes: pool rbd can spare no copy' },
    { kind: 'gate/storage', message: 'can never be yes: 8 nodes' },
    { kind: 'gate/broken', message: 'it does not answer' },
  ]);
});
