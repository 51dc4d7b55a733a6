import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { BlobStore } from '../../../coordinator/blobs/store.ts';
import { errorOf } from '../../support/failure.ts';
import { realClock } from '../../support/real-clock.ts';

const folder = await mkdtemp(join(tmpdir(), 'uvs-blobs-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const bytes = randomBytes(300_000);
const digest = createHash('sha256').update(bytes).digest('hex');
const by = 'operator/ann';
const approve = async (): Promise<void> => undefined;

function open(name: string, maxIncoming = 2): Promise<BlobStore> {
  return BlobStore.open({ directory: join(folder, name), clock: realClock, reserveBytes: 0, maxIncoming });
}

async function* piece(start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += 64 * 1024) yield bytes.subarray(at, Math.min(end, at + 64 * 1024));
}

async function* broken(end: number): AsyncGenerator<Uint8Array> {
  yield* piece(0, end);
  const { UvsError } = await import('../../../common/errors.ts');
  throw new UvsError('UNREACHABLE', 'the connection broke');
}

void t.test('bytes that came before a connection broke are kept, and the upload goes on after them', async (t) => {
  const store = await open('resume');
  t.match(await errorOf(store.receive({ digest, sizeBytes: bytes.length, start: 0, by }, broken(100_000), approve)), {
    reason: 'UNREACHABLE',
  });
  t.equal(store.receivedOf(digest), 100_000);
  t.equal(store.sizeOf(digest), undefined, 'what is not whole is not there');
  t.match(await errorOf(store.receive({ digest, sizeBytes: bytes.length, start: 50_000, by }, piece(50_000, 60_000), approve)), {
    reason: 'CONFLICT',
    details: { received: '100000' },
  });
  t.equal(await store.receive({ digest, sizeBytes: bytes.length, start: 100_000, by }, piece(100_000, 200_000), approve), false);
  t.equal(await store.receive({ digest, sizeBytes: bytes.length, start: 200_000, by }, piece(200_000, bytes.length), approve), true);
  t.same(await readFile(store.pathOf(digest)), bytes);
  t.same(await readdir(join(folder, 'resume', 'incoming')), []);
});

void t.test('bytes that are not those announced are refused and leave nothing', async (t) => {
  const store = await open('wrong');
  const other = createHash('sha256').update('something else').digest('hex');
  t.match(await errorOf(store.receive({ digest: other, sizeBytes: bytes.length, start: 0, by }, piece(0, bytes.length), approve)), {
    reason: 'PACKAGE_CORRUPT',
  });
  t.match(await errorOf(store.receive({ digest, sizeBytes: 1000, start: 0, by }, piece(0, bytes.length), approve)), {
    reason: 'INVALID_ARGUMENT',
  });
  const { UvsError } = await import('../../../common/errors.ts');
  const refuse = async (): Promise<void> => {
    throw new UvsError('SIGNATURE_MISSING', 'nobody signed it');
  };
  t.match(await errorOf(store.receive({ digest, sizeBytes: bytes.length, start: 0, by }, piece(0, bytes.length), refuse)), {
    reason: 'SIGNATURE_MISSING',
  });
  t.same(store.digests, []);
  t.same(await readdir(join(folder, 'wrong')), ['incoming']);
  t.same(await readdir(join(folder, 'wrong', 'incoming')), []);
});

void t.test('an upload that breaks while it is judged is judged again, without a byte more', async (t) => {
  const store = await open('judged-again');
  const { UvsError } = await import('../../../common/errors.ts');
  const leave = async (): Promise<void> => {
    throw new UvsError('CANCELLED', 'the client has gone');
  };
  t.match(await errorOf(store.receive({ digest, sizeBytes: bytes.length, start: 0, by }, piece(0, bytes.length), leave)), {
    reason: 'CANCELLED',
  });
  t.equal(store.sizeOf(digest), undefined);
  t.equal(store.receivedOf(digest), bytes.length);
  t.equal(await store.receive({ digest, sizeBytes: bytes.length, start: bytes.length, by }, piece(0, 0), approve), true);
  t.same(await readFile(store.pathOf(digest)), bytes);
});

void t.test('what the disk does not give back while it is judged is given up, and can come anew at once', async (t) => {
  const store = await open('unreadable');
  const fail = async (): Promise<void> => {
    throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
  };
  const bring = (judge: () => Promise<void>) =>
    store.receive({ digest, sizeBytes: bytes.length, start: 0, by }, piece(0, bytes.length), judge);
  t.match(await errorOf(bring(fail)), { message: /EIO/ });
  t.equal(store.receivedOf(digest), 0);
  t.equal(await bring(approve), true);
});

void t.test('what a crash left half received is swept at the start, what was whole is kept', async (t) => {
  const directory = join(folder, 'sweep');
  await mkdir(join(directory, 'incoming'), { recursive: true });
  await writeFile(join(directory, 'incoming', digest), 'half');
  await writeFile(join(directory, digest), bytes);
  await writeFile(join(directory, 'notes.txt'), 'not a blob');
  const store = await open('sweep');
  t.same(store.digests, [digest]);
  t.equal(store.sizeOf(digest), bytes.length);
  t.same(await readdir(join(directory, 'incoming')), []);
  await store.remove(digest);
  t.same((await readdir(directory)).toSorted(), ['incoming', 'notes.txt']);
});

void t.test('one blob is received from one sender at a time, and only so many blobs at all', async (t) => {
  const store = await open('busy', 1);
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 10);
    begun.resolve();
    await gate.promise;
    yield bytes.subarray(10);
  }
  const first = store.receive({ digest, sizeBytes: bytes.length, start: 0, by }, slow(), approve);
  await begun.promise;
  t.match(await errorOf(store.receive({ digest, sizeBytes: bytes.length, start: 0, by }, piece(0, bytes.length), approve)), {
    reason: 'BUSY',
  });
  const other = 'f'.repeat(64);
  t.match(await errorOf(store.receive({ digest: other, sizeBytes: 5, start: 0, by }, piece(0, 5), approve)), { reason: 'BUSY' });
  gate.resolve();
  t.equal(await first, true);
});

void t.test('a half received blob that nobody goes on with is given up', async (t) => {
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs, wallMs: () => 0 };
  const store = await BlobStore.open({ directory: join(folder, 'idle'), clock, reserveBytes: 0, maxIncoming: 2 });
  await store.receive({ digest, sizeBytes: bytes.length, start: 0, by }, piece(0, 1000), approve);
  nowMs = 5_000;
  await store.expire(10_000);
  t.equal(store.receivedOf(digest), 1000);
  nowMs = 20_000;
  await store.expire(10_000);
  t.equal(store.receivedOf(digest), 0);
});

void t.test('a full disk is NO_SPACE, before the first byte where it can be known, and nothing half stays', async (t) => {
  const directory = join(folder, 'small');
  await mkdir(directory);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    t.comment('a small file system can not be mounted here: only the question before the first byte is tried');
    const store = await BlobStore.open({ directory, clock: realClock, reserveBytes: Number.MAX_SAFE_INTEGER, maxIncoming: 2 });
    t.match(await errorOf(store.demandSpace({ digest, sizeBytes: 1, by })), { reason: 'NO_SPACE' });
    return;
  }
  t.teardown(() => execFileSync('umount', [directory]));
  const store = await BlobStore.open({ directory, clock: realClock, reserveBytes: 0, maxIncoming: 2 });
  t.match(await errorOf(store.demandSpace({ digest, sizeBytes: bytes.length, by })), { reason: 'NO_SPACE' });
  // The space goes while the bytes come: what was free at the question is taken by somebody else.
  const small = bytes.subarray(0, 100_000);
  const smallDigest = createHash('sha256').update(small).digest('hex');
  async function* crowded(): AsyncGenerator<Uint8Array> {
    yield small.subarray(0, 10_000);
    await writeFile(join(directory, 'crowd'), Buffer.alloc(100_000)).catch(() => undefined);
    yield small.subarray(10_000);
  }
  t.match(await errorOf(store.receive({ digest: smallDigest, sizeBytes: small.length, start: 0, by }, crowded(), approve)), {
    reason: 'NO_SPACE',
  });
  t.same(await readdir(join(directory, 'incoming')), []);
  t.equal(store.receivedOf(smallDigest), 0);
});

void t.test('of two who bring the same blob at the same moment one is told to come later, and so again when both begin anew', async (t) => {
  const store = await open('twins');
  const bring = (end: number) => store.receive({ digest, sizeBytes: bytes.length, start: 0, by }, piece(0, end), approve);
  const half = await Promise.allSettled([bring(100_000), bring(100_000)]);
  t.match(half, [{ value: false }, { reason: { reason: 'BUSY' } }]);
  t.match(await Promise.allSettled([bring(bytes.length), bring(bytes.length)]), [{ value: true }, { reason: { reason: 'BUSY' } }]);
});

void t.test('blobs that come at the same time are not all promised the same free space', async (t) => {
  const directory = join(folder, 'promised');
  await mkdir(directory);
  const { bavail, bsize } = await statfs(directory);
  // room for one such blob and a half
  const sizeBytes = 256 * 1024 ** 2;
  const store = await BlobStore.open({ directory, clock: realClock, reserveBytes: bavail * bsize - 1.5 * sizeBytes, maxIncoming: 8 });
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  async function* slow(): AsyncGenerator<Uint8Array> {
    begun.resolve();
    await gate.promise;
    yield bytes.subarray(0, 10);
  }
  const first = store.receive({ digest: 'e'.repeat(64), sizeBytes, start: 0, by }, slow(), approve);
  await begun.promise;
  const second = errorOf(store.receive({ digest: 'f'.repeat(64), sizeBytes, start: 0, by: 'operator/bob' }, piece(0, 10), approve));
  t.match(await second, { reason: 'NO_SPACE' });
  gate.resolve();
  t.equal(await first, false);
});
