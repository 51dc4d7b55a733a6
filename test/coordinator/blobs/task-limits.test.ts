import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Task } from '../../../common/upd/manifest.ts';
import { packageTrust } from '../../../coordinator/blobs/package-trust.ts';
import { FakePackageRoot } from '../../support/package-root.ts';
import { assemblePackage, makeTrust, sampleManifest, zstdFrame } from '../../support/upd.ts';

const { key, root } = makeTrust();
const plain = Buffer.from('content');
const sample = sampleManifest([zstdFrame(plain)], [plain]);
const [entry] = sample.files;

function task(stage: Task['stage'], name: string, timeoutSeconds: number): Task {
  if (entry?.op !== 'put' || entry.type !== 'file') throw new Error('the sample has no file');
  const { size, sha256, extents } = entry;
  return { stage, name, args: [], timeoutSeconds, idempotent: true, size, sha256, extents };
}

void t.test('how long the tasks of a package may take is what its manifest declares for all of them', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'uvs-limits-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const packages = new Map([
    ['with', assemblePackage({ ...sample, tasks: [task('pre', 'drain', 60), task('post', 'migrate', 540)] }, [zstdFrame(plain)], [key])],
    ['without', assemblePackage(sample, [zstdFrame(plain)], [key])],
  ]);
  for (const [digest, bytes] of packages) await writeFile(join(folder, digest), bytes);
  const store = { sizeOf: (digest: string) => packages.get(digest)?.length, pathOf: (digest: string) => join(folder, digest) };
  const trust = packageTrust({ core: { packageRoot: new FakePackageRoot(root) }, store });
  t.equal(await trust.taskLimitMs('with'), 600_000);
  t.equal(await trust.taskLimitMs('without'), 0);
  t.equal(await trust.taskLimitMs('elsewhere'), undefined, 'its bytes are not here');
});
