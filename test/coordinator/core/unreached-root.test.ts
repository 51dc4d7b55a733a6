import t from 'tap';
import { followChain, givenRoot } from '../../../common/upd/root-join.ts';
import { generateSigningKey } from '../../../common/upd/keys.ts';
import { describeUnreached, isUnreached } from '../../../coordinator/unreached-root.ts';
import { enrolEight, FakeFleet, specOf, startCoordinator, uids, untilLeader } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { packageRootInMemory } from '../../support/package-root.ts';
import { chainOf, linkOf } from '../../support/root-chain.ts';
import { rootOf } from '../../support/upd.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());

const key = generateSigningKey();
const keys = { keys: [key], threshold: 1 };
const anew = rootOf({ version: 5, root: keys, vendor: { ...keys, products: ['uvs'] } });

void t.test('a plan names the nodes that the root file does not reach because it began anew', async (t) => {
  using fleet = new FakeFleet(uids);
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { packageRoot: packageRootInMemory(anew) });
  const core = await untilLeader(c1);
  await enrolEight(core);
  for (const uid of uids) fleet.agent(uid).behaviour.packageRootVersion = 5;
  t.same((await core.rollouts.plan(specOf())).blockers, []);
  const [first = '', second = '', third = ''] = uids;
  fleet.agent(first).behaviour.packageRootVersion = 1;
  fleet.agent(second).behaviour.packageRootVersion = 0;
  fleet.agent(third).behaviour.packageRootVersion = 4;
  t.match((await core.rollouts.plan(specOf())).blockers, [
    {
      kind: 'package-root',
      message:
        /^older root files than version 5, with which the cluster's began anew, are on \S+ \(version [14]\), \S+ \(version [14]\): .*uvs-agent trust/,
    },
  ]);
  for (const uid of uids) fleet.agent(uid).behaviour.packageRootVersion = 2;
  t.match((await core.rollouts.plan(specOf())).blockers, [{ message: / and 5 more: / }], 'once for all of them');
  t.same((await core.rollouts.plan(specOf({ goal: { kind: 'reboot' } }))).blockers, [], 'nobody is asked for a package');
});

void t.test('a node that the chain leads on from is reached, however far it is behind', (t) => {
  const cluster = followChain(givenRoot(anew), chainOf(linkOf(6, { root: [key], vendor: [key] }, [key])));
  t.strictSame(
    [4, 5, 6, 0, undefined].map((version) => isUnreached(version, cluster)),
    [true, false, false, false, false],
  );
  t.equal(describeUnreached(5, cluster), '');
  t.match(
    describeUnreached(4, cluster),
    /^the cluster's began anew with version 5, and nothing leads there from version 4: .*uvs-agent trust/,
  );
  t.end();
});
