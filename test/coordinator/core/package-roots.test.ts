import t from 'tap';
import { generateSigningKey } from '../../../common/upd/keys.ts';
import { encodeRootChain, type SignedRoot } from '../../../common/upd/root.ts';
import { operator, seenInMemory, startCoordinator, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { silentFleet } from '../../support/held-slots.ts';
import { packageRootInMemory } from '../../support/package-root.ts';
import { chainOf, linkOf } from '../../support/root-chain.ts';
import { rootOf } from '../../support/upd.ts';

t.setTimeout(120_000);
const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

const [first, second, thief] = [generateSigningKey(), generateSigningKey(), generateSigningKey()];
const given = rootOf({ version: 1, root: { keys: [first], threshold: 1 }, vendor: { keys: [first], threshold: 1, products: ['uvs'] } });
const two = linkOf(2, { root: [second], vendor: [second] }, [first, second]);
const three = linkOf(3, { root: [second], vendor: [second] }, [second]);
const four = linkOf(4, { root: [second], vendor: [second] }, [second]);
const versionOf = ({ core }: { readonly core: Awaited<ReturnType<typeof untilLeader>> }): number =>
  core.packageRoot.current().trusted.root.version;

void t.test(
  'a root file that follows counts on every coordinator, is audited with the keys that come and go, and stays over a restart',
  async (t) => {
    using fleet = silentFleet();
    const packageRoot = packageRootInMemory(given);
    const c1 = await startCoordinator(etcd, fleet, 'c1', { packageRoot });
    const core = await untilLeader(c1);
    await using c2 = await startCoordinator(etcd, fleet, 'c2', { packageRoot: packageRootInMemory(given) });
    let told = 0;
    using _listening = c2.coordinator.core.packageRoot.onChange(() => (told += 1));
    t.equal((await core.packageRoot.raise(chainOf(two), 'the first key was stolen', operator, 'r-1')).trusted.root.version, 2);
    t.equal((await core.packageRoot.raise(chainOf(two), 'the first key was stolen', operator, 'r-1')).trusted.root.version, 2, 'repeated');
    await eventually('the follower knows', () => versionOf(c2.coordinator) === 2);
    t.ok(told > 0);
    const entries = await core.audit.list({ limit: 10, before: undefined, resource: 'packageRoot' });
    t.match(entries, [
      {
        actor: operator.identity,
        action: 'package-root.raise',
        message: `version 2 after 1, without ${first.keyId.slice(0, 16)}, with ${second.keyId.slice(0, 16)}: the first key was stolen`,
      },
    ]);
    t.equal(entries.length, 1, 'once, though it was asked for twice');
    await c1[Symbol.asyncDispose]();
    await using again = await startCoordinator(etcd, fleet, 'c1', { packageRoot });
    t.equal(versionOf(again.coordinator), 2);
  },
);

void t.test('what does not follow is refused: skipped, forged, older, another lineage, nothing', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { packageRoot: packageRootInMemory(given) });
  const core = await untilLeader(c1);
  const raise = async (...links: readonly SignedRoot[]) =>
    (await errorOf(core.packageRoot.raise(encodeRootChain(links), 'an attack', operator, ''))).reason;
  t.equal(await raise(three), 'ROOT_INVALID', 'a version is skipped');
  t.equal(await raise(linkOf(2, { root: [thief], vendor: [thief] }, [thief])), 'ROOT_INVALID', 'signed by the new keys only');
  t.equal(await raise(linkOf(2, { root: [thief], vendor: [thief] }, [first])), 'ROOT_INVALID', 'signed by the old keys only');
  t.equal(await raise(), 'ROOT_INVALID', 'nothing');
  t.equal(versionOf({ core }), 1);
  await core.packageRoot.raise(chainOf(two, three), 'in order', operator, '');
  t.equal(await raise(two), 'ROOT_INVALID', 'rolled back');
  t.equal(await raise(linkOf(2, { root: [thief], vendor: [thief] }, [first, thief])), 'ROOT_INVALID', 'replayed by who has the old keys');
  t.equal(
    await raise(linkOf(4, { root: [thief], vendor: [thief] }, [first, thief])),
    'ROOT_INVALID',
    'signed by the keys of two versions ago',
  );
  t.equal(versionOf({ core }), 3);
});

void t.test('two who bring different root files of one version are told apart: one counts', async (t) => {
  using fleet = silentFleet();
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { packageRoot: packageRootInMemory(given) });
  const core = await untilLeader(c1);
  const other = linkOf(2, { root: [second], vendor: [first] }, [first, second]);
  const both = await Promise.allSettled([
    core.packageRoot.raise(chainOf(two), 'one', operator, ''),
    core.packageRoot.raise(chainOf(other), 'other', operator, ''),
  ]);
  t.strictSame(
    both.map(({ status }) => status).toSorted((a, b) => (a < b ? -1 : 1)),
    ['fulfilled', 'rejected'],
  );
  t.equal(versionOf({ core }), 2);
});

void t.test('what was revoked stays so though etcd has forgotten it, or somebody has written into it', async (t) => {
  using fleet = silentFleet();
  const [seen, packageRoot] = [seenInMemory(), packageRootInMemory(given)];
  const c1 = await startCoordinator(etcd, fleet, 'c1', { seen, packageRoot });
  const core = await untilLeader(c1);
  await core.packageRoot.raise(chainOf(two), 'rotated', operator, '');
  const snapshot = etcd.snapshot();
  await core.packageRoot.raise(chainOf(three), 'stolen', operator, '');
  await core.cluster.setBudget('cluster', 2, 'a promise, so that c1 remembers how far etcd was', operator, '');
  await c1[Symbol.asyncDispose]();
  await etcd.restore(snapshot);
  {
    await using back = await startCoordinator(etcd, fleet, 'c1', { seen, packageRoot });
    const after = await untilLeader(back);
    t.equal(versionOf({ core: after }), 3);
    // one that remembers nothing of its own learns it from etcd
    await using c2 = await startCoordinator(etcd, fleet, 'c2', { packageRoot: packageRootInMemory(given) });
    await eventually('etcd has it again', () => versionOf(c2.coordinator) === 3);
    t.match(await after.audit.list({ limit: 1, before: undefined, resource: 'packageRoot' }), [
      {
        actor: 'coordinator/c1',
        action: 'package-root.restore',
        message: 'version 3; etcd had version 2: etcd was put back or emptied, and the chain is on the disk of this coordinator',
      },
    ]);
    const forged = {
      version: 4,
      sha256: 'f'.repeat(64),
      chain: chainOf(linkOf(4, { root: [thief], vendor: [thief] }, [thief])).toString('base64'),
    };
    await etcd.client().txn([], [{ do: 'put', key: '/uvs/v1/package-root', value: JSON.stringify(forged) }]);
    await after.cluster.adopt('restored', operator, '');
    t.equal(versionOf(c2.coordinator), 3, 'each coordinator follows the chain itself');
    t.equal((await after.packageRoot.raise(chainOf(four), 'over what was forged', operator, '')).trusted.root.version, 4);
    await eventually('c2 follows', () => versionOf(c2.coordinator) === 4);
  }
});

void t.test('a root file counts at once, and is told only once it is on the disk', async (t) => {
  using fleet = silentFleet();
  let isFull = true;
  const { store } = packageRootInMemory(given);
  const write = (chain: Uint8Array) => (isFull ? Promise.reject(new Error('ENOSPC')) : store.write(chain));
  await using c1 = await startCoordinator(etcd, fleet, 'c1', { packageRoot: { given, store: { ...store, write } } });
  const core = await untilLeader(c1);
  t.match(await errorOf(core.packageRoot.raise(chainOf(two), 'stolen', operator, '')), { reason: 'DISK_FAILED', message: /counts, but/ });
  t.equal(versionOf({ core }), 2);
  isFull = false;
  t.equal((await core.packageRoot.raise(chainOf(two), 'stolen', operator, '')).trusted.root.version, 2);
  t.ok(await store.read());
});

void t.test('a root file that began anew is audited with whose configuration it came', async (t) => {
  using fleet = silentFleet();
  const c1 = await startCoordinator(etcd, fleet, 'c1', { packageRoot: packageRootInMemory(given) });
  await (await untilLeader(c1)).packageRoot.raise(chainOf(two), 'rotated', operator, '');
  await c1[Symbol.asyncDispose]();
  const keys = { keys: [thief], threshold: 1 };
  const anew = rootOf({ version: 9, root: keys, vendor: { ...keys, products: ['uvs'] } });
  await using c2 = await startCoordinator(etcd, fleet, 'c2', { packageRoot: packageRootInMemory(anew) });
  const core = await untilLeader(c2);
  const latest = () => core.audit.list({ limit: 1, before: undefined, resource: 'packageRoot' });
  await eventually('it is in etcd', async () => (await latest())[0]?.action === 'package-root.restore');
  t.match(await latest(), [
    {
      actor: 'coordinator/c2',
      message: 'version 9; etcd had version 2: it is in the configuration of this coordinator ([packages] root), which began anew',
    },
  ]);
});
