import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { UvsError } from '../../../common/errors.ts';
import { BlobStore } from '../../../coordinator/blobs/store.ts';
import { Uploads } from '../../../coordinator/blobs/uploads.ts';
import { errorOf } from '../../support/failure.ts';
import { FakePackageRoot } from '../../support/package-root.ts';
import { realClock } from '../../support/real-clock.ts';
import { assemblePackage, makeTrust, sampleManifest, zstdFrame } from '../../support/upd.ts';

const trust = makeTrust();
const plain = Buffer.from('content');
const release = assemblePackage(sampleManifest([zstdFrame(plain)], [plain]), [zstdFrame(plain)], [trust.key]);
const digest = createHash('sha256').update(release).digest('hex');
const sizeBytes = release.length;
const actor = { identity: 'operator/o' };
const unbroken = new AbortController().signal;

async function open(t: Test, spread: () => Promise<readonly string[]>): Promise<{ uploads: Uploads; store: BlobStore }> {
  const directory = await mkdtemp(join(tmpdir(), 'uvs-broken-uploads-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const store = await BlobStore.open({ directory, clock: realClock, reserveBytes: 0, maxIncoming: 2 });
  const uploads = new Uploads({
    store,
    replicas: { hold: (_digest, act) => act(), fetched: async () => undefined, spread },
    core: {
      packages: { find: () => Promise.reject(new UvsError('NOT_FOUND', 'no such package')), add: (record) => Promise.resolve(record) },
      packageRoot: new FakePackageRoot(trust.root),
    },
    leadership: { isLeader: () => true, leaderAddress: () => '', onChange: () => ({ [Symbol.dispose]: () => undefined }) },
    encryption: undefined,
    maxBytes: 1e9,
    clock: realClock,
  });
  return { uploads, store };
}

async function* bytes(afterwards: () => void = () => undefined): AsyncGenerator<Uint8Array> {
  yield release;
  afterwards();
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

void t.test('a client that goes right after its last byte only has to ask how it went', async (t) => {
  const { uploads } = await open(t, async () => ['c1']);
  const client = new AbortController();
  const body = bytes(() => client.abort(new UvsError('CANCELLED', 'the client has gone')));
  t.match(await errorOf(uploads.take({ digest, sizeBytes, start: 0 }, body, actor, client.signal)), { reason: 'CANCELLED' });
  t.equal(await uploads.prepare(digest, sizeBytes, actor), sizeBytes);
  t.match(await uploads.take({ digest, sizeBytes, start: undefined }, nothing(), actor, unbroken), { kind: 'done', record: { digest } });
});

void t.test('a copy that was not published and can not be read any more does not keep new bytes from coming', async (t) => {
  let isAlone = true;
  const { uploads, store } = await open(t, () =>
    isAlone ? Promise.reject(new UvsError('NO_MAJORITY', 'c2 is missing')) : Promise.resolve(['c1', 'c2']),
  );
  t.match(await errorOf(uploads.take({ digest, sizeBytes, start: 0 }, bytes(), actor, unbroken)), { reason: 'NO_MAJORITY' });
  t.ok(uploads.holds(digest));
  await truncate(store.pathOf(digest), 100);
  isAlone = false;
  t.match(await errorOf(uploads.take({ digest, sizeBytes, start: undefined }, nothing(), actor, unbroken)), {
    reason: 'PACKAGE_TRUNCATED',
  });
  t.match(await uploads.take({ digest, sizeBytes, start: 0 }, bytes(), actor, unbroken), { kind: 'done', record: { digest } });
});

void t.test('an upload counts for whoever brings it, and another one is let in', async (t) => {
  const { uploads, store } = await open(t, async () => ['c1']);
  t.teardown(() => store.expire(-1));
  async function* some(): AsyncGenerator<Uint8Array> {
    yield release.subarray(0, 10);
  }
  const piece = (name: string) => ({ digest: name.repeat(64), sizeBytes, start: 0 });
  t.match(await uploads.take(piece('a'), some(), actor, unbroken), { kind: 'more', received: 10 });
  t.match(await errorOf(uploads.take(piece('b'), some(), actor, unbroken)), {
    reason: 'TOO_MANY',
    message: /^operator\/o has begun 1 uploads/,
  });
  t.match(await uploads.take(piece('b'), some(), { identity: 'operator/p' }, unbroken), { kind: 'more' });
});
