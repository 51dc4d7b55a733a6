import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { HttpsClient } from '../../../agent/link/https-source.ts';
import type { Credential } from '../../../common/credential.ts';
import { abortError } from '../../../common/deadline.ts';
import { clientTlsOptions } from '../../../common/tls.ts';
import { Pacer } from '../../../coordinator/blobs/pacer.ts';
import { startBlobServer, type TestBlobServer } from '../../support/blob-server.ts';
import { eventually } from '../../support/eventually.ts';
import { https } from '../../support/put.ts';
import { realClock } from '../../support/real-clock.ts';
import { makeCluster } from '../../support/running-cluster.ts';
import { assemblePackage, sampleManifest, zstdFrame } from '../../support/upd.ts';

const folder = await mkdtemp(join(tmpdir(), 'uvs-paced-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const path = join(folder, 'package');
const content = randomBytes(384 * 1024);
await writeFile(path, content);
const digest = 'a'.repeat(64);
const never = new AbortController().signal;

interface Download {
  readonly bytes: () => number;
  readonly whole: Promise<Buffer>;
  readonly leave: () => void;
}

async function serve(bytesPerSecond: number): Promise<TestBlobServer & { readonly sent: () => number; readonly requests: () => number }> {
  let sent = 0;
  let requests = 0;
  const server = await startBlobServer({
    pacer: new Pacer(bytesPerSecond, realClock),
    store: {
      sizeOf: () => content.length,
      pathOf: () => {
        requests += 1;
        return path;
      },
    },
    onBytes: (_direction, count) => (sent += count),
  });
  return Object.assign(server, { sent: () => sent, requests: () => requests });
}

function download(server: TestBlobServer, who: Credential, onBytes: (count: number) => void = () => undefined): Download {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const call = get(`https://${server.address}/v1/packages/${digest}`, { ...clientTlsOptions(who), agent: false }, (response) => {
    response.on('data', (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      onBytes(piece.length);
    });
    response.on('error', reject);
    response.on('end', () => resolve(Buffer.concat(pieces)));
  }).on('error', reject);
  return { bytes: () => bytes, whole: promise, leave: () => void call.destroy() };
}

/** How often this process, in which the server runs, has the package's file open. */
async function openFiles(): Promise<number> {
  const fds = await readdir('/proc/self/fd');
  const files = await Promise.all(fds.map((fd) => readlink(join('/proc/self/fd', fd)).catch(() => '')));
  return files.filter((file) => file === path).length;
}

void t.test('all downloads together stay within the rate on the wire, and what arrives is the package', async (t) => {
  const rate = 1024 * 1024;
  await using server = await serve(rate);
  const names = ['node/n1', 'node/n2', 'node/n3', 'node/n4', 'coordinator/c2'];
  const credentials = await Promise.all(names.map((name) => server.credential(name)));
  let total = 0;
  let most = 0;
  const startMs = performance.now();
  const downloads = credentials.map((credential) =>
    download(server, credential, (count) => {
      total += count;
      most = Math.max(most, total - (rate * (performance.now() - startMs)) / 1000);
    }),
  );
  for (const { whole } of downloads) t.ok((await whole).equals(content));
  const seconds = (performance.now() - startMs) / 1000;
  t.comment(`${(total / rate).toFixed(2)} s worth in ${seconds.toFixed(2)} s; at most ${Math.round(most / 1024)} KiB ahead`);
  t.ok(most <= rate / 10, `${most} bytes ahead of the rate`);
  t.ok(seconds < 2 * (total / rate), 'the rate is used');
  t.equal(server.sent(), total, 'what is sent is counted');
});

void t.test('no agent takes its coordinator for dead, and none fetches anything twice', async (t) => {
  await using server = await serve(256 * 1024);
  const length = 32 * 1024;
  const agents = await Promise.all(
    Array.from({ length: 24 }, async (_none, place) => {
      const credential = await server.credential(`node/n${place}`);
      const options = { isWithdrawn: () => false, addresses: () => [server.address], onBytes: () => undefined, random: () => 0 };
      return new HttpsClient({ credential, ...options, idleMs: 1_500, slowestBytesPerSecond: 4096 });
    }),
  );
  const startMs = performance.now();
  const read = async (agent: HttpsClient): Promise<Uint8Array> =>
    await agent.package(digest, content.length, (line) => void t.fail(line)).read(1000, length, never);
  for (const bytes of await Promise.all(agents.map(read))) t.ok(content.subarray(1000, 1000 + length).equals(bytes));
  t.ok(performance.now() - startMs > 2_500, 'longer than an agent waits for a byte');
  t.same([server.requests(), server.sent()], [agents.length, agents.length * length]);
  for (const agent of agents) agent[Symbol.dispose]();
});

void t.test('clients that go give up their turns at once, and leave no file open', async (t) => {
  const served = new Set<string>();
  const waiting = new Set<string>();
  // one turn for each, and no other ever
  const turn: Pacer['turn'] = async (_wanted, { name }, signal) => {
    if (!served.has(name)) {
      served.add(name);
      return 1024;
    }
    waiting.add(name);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    waiting.delete(name);
    throw abortError(signal, 'the turn');
  };
  await using server = await startBlobServer({ pacer: { turn }, store: { sizeOf: () => content.length, pathOf: () => path } });
  const credentials = await Promise.all(['node/n1', 'node/n2', 'coordinator/c2'].map((name) => server.credential(name)));
  const leaving = credentials.map((credential) => download(server, credential));
  await eventually('all wait for their second turn', () => waiting.size === 3 && leaving.every(({ bytes }) => bytes() === 1024));
  t.equal(await openFiles(), 3);
  const failed = Promise.allSettled(leaving.map(({ whole }) => whole));
  for (const { leave } of leaving) leave();
  await failed;
  await eventually('nobody waits any more', () => waiting.size === 0);
  await eventually('their files are closed', async () => (await openFiles()) === 0);
});

void t.test('a coordinator keeps to the rate of its configuration', async (t) => {
  await using cluster = await makeCluster();
  const config = join(cluster.directory, 'coordinator.toml');
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('[packages]', '[packages]\nserve_bytes_per_second = 100_000'));
  await using c1 = await cluster.run();
  const admin = cluster.client();
  await eventually('c1 leads', async () => (await admin.call('uvs.v1.ClusterService', 'GetCluster', {})).cluster?.leader !== null);
  const plain = randomBytes(150_000);
  const bytes = assemblePackage(sampleManifest([zstdFrame(plain)], [plain]), [zstdFrame(plain)], [cluster.trust.key]);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await admin.call('uvs.v1.PackageService', 'CreateUpload', { digest: sha256, sizeBytes: String(bytes.length) });
  t.match(await https(cluster.admin, { method: 'PUT', url: `https://${c1.https}/v1/uploads/${sha256}`, body: bytes }), { status: 200 });
  const startMs = performance.now();
  const answer = await https(cluster.admin, { method: 'GET', url: `https://${c1.https}/v1/packages/${sha256}` });
  t.match(answer, { status: 200, body: bytes });
  t.ok(performance.now() - startMs > 1_350, 'beyond the first tenth of a second’s worth');
});
