import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { generateSigningKey } from '../../../common/upd/keys.ts';
import { stoppedRollouts } from '../../../coordinator/api/stopped-rollouts.ts';
import { packageTrust } from '../../../coordinator/blobs/package-trust.ts';
import { packageRecord, rolloutPlan, rolloutState } from '../../support/domain-records.ts';
import { FakePackageRoot } from '../../support/package-root.ts';
import { assemblePackage, makeTrust, rootOf, sampleManifest, zstdFrame } from '../../support/upd.ts';

void t.test('rollouts under way are named whose packages a root file does not take', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'uvs-stopped-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const { key, root } = makeTrust();
  const other = generateSigningKey();
  const plain = Buffer.from('content');
  const pack = async (digest: string, keys: Parameters<typeof assemblePackage>[2]): Promise<void> => {
    await writeFile(join(folder, digest), assemblePackage(sampleManifest([zstdFrame(plain)], [plain]), [zstdFrame(plain)], keys));
  };
  await pack('old', [key]);
  await pack('both', [key, other]);
  const here: ReadonlySet<string> = new Set(['old', 'both']);
  const store = { sizeOf: (digest: string) => (here.has(digest) ? 1 : undefined), pathOf: (digest: string) => join(folder, digest) };
  const trust = packageTrust({ core: { packageRoot: new FakePackageRoot(root) }, store });
  const rollout = (id: string, digest: string, endedAt?: number) => ({
    plan: { ...rolloutPlan([], { goal: { kind: 'release', package: digest } }), id },
    state: { ...rolloutState(), endedAt },
    waitingFor: '',
    newcomers: [],
    counts: { succeeded: 0, failed: 0, skipped: 0 },
  });
  const restart = { ...rollout('restart', 'old'), plan: rolloutPlan([], { goal: { kind: 'restart', units: ['a.service'] } }) };
  const all = [rollout('one', 'old'), rollout('ended', 'old', 1), rollout('two', 'both'), rollout('elsewhere', 'absent'), restart];
  const core = {
    rollouts: { ids: async () => [], summaries: async () => all },
    packages: { find: async (digest: string) => ({ ...packageRecord(), digest, product: 'uvs', version: '2.14.17' }) },
  };
  const next = rootOf({ version: 2, root: { keys: [key], threshold: 1 }, vendor: { keys: [other], threshold: 1, products: ['uvs'] } });
  t.same(await stoppedRollouts(core, trust, next), [
    { rollout: 'rollouts/one', package: 'packages/old', product: 'uvs', version: '2.14.17', reason: 'KEY_UNKNOWN' },
  ]);
  t.same(await stoppedRollouts(core, trust, root), []);
});
