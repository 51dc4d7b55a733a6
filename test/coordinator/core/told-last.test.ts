import t from 'tap';
import type { NodeFacts } from '../../../common/facts.ts';
import type { RolloutSpec } from '../../../coordinator/domain.ts';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uids, untilLeader } from '../../support/cluster.ts';
import { facts } from '../../support/domain-records.ts';
import { startEtcd } from '../../support/etcd.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());

const manifestHash = 'b'.repeat(64);
const back: RolloutSpec = specOf({ goal: { kind: 'rollback', release: '2.14.17', version: '' }, reason: 'it eats memory' });

/** Of a node that could take 2.14.17 back but for a reason. */
function having(refusal: string): NodeFacts {
  return facts({
    installed: [{ component: 'uvs', version: '2.14.17', epoch: 0, releaseSeq: 17, manifestHash }],
    waysBack: { releases: [{ manifestHash, version: '2.14.17', toVersion: '2.14.16', sizeBytes: 1, refusal }], why: '' },
  });
}

void t.test('what a node has told since its hello speaks against a rollback before that begins', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  for (const uid of uids) {
    const { hostname, roles } = core.nodes.find(uid);
    fleet.agent(uid).facts = having('');
    await core.nodes.learn(uid, {
      hostname,
      addresses: [],
      roles,
      facts: having(''),
      openOperations: [],
      endedOperations: [],
      epoch: undefined,
    });
  }
  t.equal((await core.rollouts.plan(back)).steps.filter(({ skipReason }) => skipReason === undefined).length, 8);
  const [first = '', second = ''] = uids;
  fleet.agent(first).facts = having('nobody vouches any more for 2.14.16');
  // the end of another operation is stored, and its session has not told of it yet
  fleet.agent(second).facts = facts({ installed: [], waysBack: { releases: [], why: '' } });
  const { steps } = await core.rollouts.plan(back);
  t.strictSame(
    steps.flatMap(({ node, skipReason }) => (skipReason === undefined ? [] : [[node.uid, skipReason]])),
    [[first, "can't go back from 2.14.17: nobody vouches any more for 2.14.16"]],
  );
  await core.cluster.freeze('a test', operator, '');
  const { plan } = await core.rollouts.create(back, operator, '');
  t.strictSame(Object.keys(plan.skipped), [first], 'and it is left out of the rollout');
});
