import t from 'tap';
import type { PackageRecord } from '../../../coordinator/domain.ts';
import { enrolEight, FakeFleet, operator, packageOf, specOf, startCoordinator, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

void t.test('packages are found by digest, prefix and version, and kept while a rollout needs them', async (t) => {
  using fleet = new FakeFleet(uids);
  for (const agent of fleet.agents.values()) agent.behaviour.ignoresGrants = true;
  await using c1 = await startCoordinator(etcd, fleet, 'c1');
  const core = await untilLeader(c1);
  await enrolEight(core);
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  let seen: readonly PackageRecord[] = [];
  using watch = c2.coordinator.core.packages.watch((packages) => (seen = packages));
  t.ok(watch);
  const other = { ...packageOf(`${'a'.repeat(12)}${'c'.repeat(52)}`), version: '2.14.18', holders: ['c1', 'c2'] };
  await core.packages.add(other, operator);
  t.same((await core.packages.add({ ...other, holders: ['c1', 'c3'] }, operator)).holders, ['c1', 'c2', 'c3']);
  t.match(await c2.coordinator.core.packages.listing(other.digest), { isListed: true, revision: Number });
  t.match(await c2.coordinator.core.packages.listing('f'.repeat(64)), { isListed: false });
  await eventually('a follower sees both', () => seen.length === 2);
  t.equal((await core.packages.find('2.14.18')).digest, other.digest);
  t.equal((await core.packages.find(other.digest.slice(0, 13))).version, '2.14.18');
  t.equal((await errorOf(core.packages.find('aaaaaaaa'))).reason, 'CONFLICT');
  t.equal((await errorOf(core.packages.find('aaaaaaa'))).reason, 'NOT_FOUND');
  await Promise.all([core.packages.addHolder(other.digest, 'c5'), c2.coordinator.core.packages.addHolder(other.digest, 'c4')]);
  t.same((await core.packages.find('2.14.18')).holders, ['c1', 'c2', 'c3', 'c4', 'c5']);
  const { plan } = await core.rollouts.create(specOf(), operator, '');
  t.match(await errorOf(core.packages.remove(packageOf().digest, operator, '')), {
    reason: 'NOT_ALLOWED_NOW',
    message: new RegExp(plan.id),
  });
  await core.packages.remove(other.digest, operator, 'r');
  await core.packages.remove(other.digest, operator, 'r');
  await eventually('the follower sees one', () => seen.length === 1);
  t.equal((await errorOf(core.packages.addHolder(other.digest, 'c3'))).reason, 'NOT_FOUND');
  t.equal(
    (await errorOf(core.rollouts.create(specOf({ goal: { kind: 'release', package: other.digest } }), operator, ''))).reason,
    'NOT_FOUND',
  );
});

void t.test(
  'a digest finds that package alone, and what is one package’s version and the start of another’s digest finds none',
  async (t) => {
    using fleet = new FakeFleet(uids);
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    const meant = packageOf(`${'a'.repeat(12)}${'c'.repeat(52)}`);
    const posing = { ...packageOf('d'.repeat(64)), version: meant.digest };
    const beginning = { ...packageOf('e'.repeat(64)), version: meant.digest.slice(0, 12) };
    for (const record of [meant, posing, beginning]) await core.packages.add({ ...record, holders: ['c1'] }, operator);
    t.equal((await core.packages.find(meant.digest)).digest, meant.digest);
    t.match(await errorOf(core.packages.find(beginning.version)), { reason: 'CONFLICT', hint: 'Name it by its digest.' });
    await core.packages.remove(meant.digest, operator, '');
    t.equal((await errorOf(core.packages.find(meant.digest))).reason, 'NOT_FOUND', 'also where another has it as its version');
  },
);
