import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { generateSigningKey, signBytes } from '../../../common/upd/keys.ts';
import { givenRoot } from '../../../common/upd/root-join.ts';
import { encodeSignatures } from '../../../common/upd/signatures.ts';
import { stoppedRollouts } from '../../../coordinator/api/stopped-rollouts.ts';
import { packageTrust } from '../../../coordinator/blobs/package-trust.ts';
import { packageRecord, rolloutPlan, rolloutState } from '../../support/domain-records.ts';
import { errorOf } from '../../support/failure.ts';
import { FakePackageRoot } from '../../support/package-root.ts';
import { assemblePackage, makeTrust, rootOf, sampleManifest, zstdFrame } from '../../support/upd.ts';

const { key, root } = makeTrust();
const other = generateSigningKey();
const plain = Buffer.from('content');
const manifest = Buffer.from(JSON.stringify(sampleManifest([zstdFrame(plain)], [plain])));
const { signal } = new AbortController();

/** What a coordinator knows of rollouts, and packages that lie in a folder. */
async function scene(t: Test, packages: Readonly<Record<string, Buffer>>) {
  const folder = await mkdtemp(join(tmpdir(), 'uvs-stopped-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [digest, bytes] of Object.entries(packages)) await writeFile(join(folder, digest), bytes);
  const store = { sizeOf: (digest: string) => packages[digest]?.length, pathOf: (digest: string) => join(folder, digest) };
  const packageRoot = new FakePackageRoot(root);
  return { store, packageRoot, trust: packageTrust({ core: { packageRoot }, store }) };
}

function rollout(id: string, digest: string, endedAt?: number) {
  return {
    plan: { ...rolloutPlan([], { goal: { kind: 'release', package: digest } }), id },
    state: { ...rolloutState(), endedAt },
    waitingFor: '',
    newcomers: [],
    counts: { succeeded: 0, failed: 0, skipped: 0 },
  };
}

function coreOf(rollouts: readonly ReturnType<typeof rollout>[]) {
  const digests = ['old', 'both', 'absent'];
  return {
    rollouts: {
      ids: async () => rollouts.map(({ plan }) => plan.id),
      summaries: async (ids: readonly string[]) => rollouts.filter(({ plan }) => ids.includes(plan.id)),
    },
    packages: { list: async () => digests.map((digest) => ({ ...packageRecord(), digest, product: 'uvs', version: '2.14.17' })) },
  };
}

void t.test('rollouts under way are named whose packages a root file does not take', async (t) => {
  const pack = (keys: Parameters<typeof assemblePackage>[2]): Buffer => assemblePackage(manifest, [zstdFrame(plain)], keys);
  const { trust } = await scene(t, { old: pack([key]), both: pack([key, other]) });
  const restart = rollout('restart', 'old');
  const all = [
    rollout('one', 'old'),
    rollout('ended', 'old', 1),
    rollout('two', 'both'),
    rollout('elsewhere', 'absent'),
    rollout('gone', 'not listed'),
    { ...restart, plan: { ...restart.plan, spec: { ...restart.plan.spec, goal: { kind: 'restart' as const, units: ['a.service'] } } } },
  ];
  const next = rootOf({ version: 2, root: { keys: [key], threshold: 1 }, vendor: { keys: [other], threshold: 1, products: ['uvs'] } });
  t.same(await stoppedRollouts(coreOf(all), trust, next, signal), [
    { rollout: 'rollouts/one', package: 'packages/old', product: 'uvs', version: '2.14.17', reason: 'KEY_UNKNOWN' },
  ]);
  t.same(await stoppedRollouts(coreOf(all), trust, root, signal), []);
});

void t.test('a signature that does not hold, in the name of a key that comes later, stops a rollout, and that is told', async (t) => {
  const junk = { keyId: other.keyId, signature: randomBytes(64) };
  const signatures = Buffer.from(JSON.stringify(encodeSignatures([signBytes('manifest', manifest, key), junk])));
  const { trust, packageRoot } = await scene(t, { old: assemblePackage(manifest, [zstdFrame(plain)], [key], { signatures }) });
  const next = rootOf({ version: 2, root: { keys: [key], threshold: 1 }, vendor: { keys: [key, other], threshold: 1, products: ['uvs'] } });
  await trust.demand('old');
  const stopped = await stoppedRollouts(coreOf([rollout('one', 'old')]), trust, next, signal);
  t.match(stopped, [{ rollout: 'rollouts/one', reason: 'SIGNATURE_INVALID' }]);
  packageRoot.set(givenRoot(next));
  t.match(await errorOf(trust.demand('old')), { reason: 'SIGNATURE_INVALID' });
});

void t.test('each package is judged once, its manifest is not parsed, and others have their turns between rollouts', async (t) => {
  // signed, and nothing that could be parsed
  const { trust } = await scene(t, { old: assemblePackage(Buffer.from('{'), [], [key]) });
  const judged: string[] = [];
  const core = coreOf(Array.from({ length: 50 }, (_, number) => rollout(`r${number}`, 'old')));
  const next = rootOf({ version: 2, root: { keys: [key], threshold: 1 }, vendor: { keys: [key], threshold: 1, products: ['other'] } });
  const counting: typeof trust.refusal = (record, by) => {
    judged.push(record.digest);
    return trust.refusal(record, by);
  };
  const seen = { isDone: false, turns: 0 };
  const asked = stoppedRollouts(core, { refusal: counting }, next, signal).finally(() => (seen.isDone = true));
  for (; !seen.isDone; seen.turns += 1) await setImmediate();
  t.same(new Set((await asked).map(({ reason }) => reason)), new Set(['TARGET_MISMATCH']));
  t.equal((await asked).length, 50);
  t.same(judged, ['old']);
  t.ok(seen.turns >= 50, `${seen.turns} turns of the others`);
});
