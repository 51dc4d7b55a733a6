import { createHash, randomBytes } from 'node:crypto';
import { access, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { createSecureContext, connect } from 'node:tls';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { generateSigningKey } from '../../../common/upd/keys.ts';
import { writePackage } from '../../../common/upd/writer.ts';
import { layout } from '../../../coordinator/layout.ts';
import type { RunningCoordinator, TestCluster } from '../../support/running-cluster.ts';
import { makeCluster } from '../../support/running-cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { errorOf } from '../../support/failure.ts';
import { https } from '../../support/put.ts';
import { SmallDisk } from '../../support/small-disk.ts';
import { assemblePackage, sampleManifest, zstdFrame } from '../../support/upd.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const cluster = await makeCluster();
t.teardown(() => cluster[Symbol.asyncDispose]());
const c1 = await cluster.run();
const api = cluster.client();
const operator = await cluster.credential('operator', 'olga');
await untilItLeads(cluster);

const plain = randomBytes(200_000);
const stored = zstdFrame(plain);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const makePackage = (): Buffer => assemblePackage(sampleManifest([stored], [plain]), [stored], [cluster.trust.key]);

async function untilItLeads(one: TestCluster): Promise<void> {
  const client = one.client();
  await eventually('c1 leads', async () => (await client.call('uvs.v1.ClusterService', 'GetCluster', {})).cluster?.leader !== null);
}

async function put(
  bytes: Buffer,
  options: { from?: number; digest?: string; breakAfter?: number; who?: typeof operator; total?: number } = {},
) {
  const { from = 0, digest = sha256(bytes), who = operator, total = bytes.length } = options;
  const body = bytes.subarray(from);
  const range = body.length === 0 ? `bytes */${total}` : `bytes ${from}-${bytes.length - 1}/${total}`;
  return await https(who, {
    method: 'PUT',
    url: `https://${c1.https}/v1/uploads/${digest}`,
    headers: { 'content-range': range },
    body,
    ...(options.breakAfter === undefined ? {} : { breakAfter: options.breakAfter }),
  });
}

async function holds(coordinator: RunningCoordinator, digest: string): Promise<boolean> {
  return await access(join(coordinator.directory, 'data/packages', digest)).then(
    () => true,
    () => false,
  );
}

void t.test('an upload that broke goes on where it stopped, and then the package is there', async (t) => {
  const bytes = makePackage();
  const digest = sha256(bytes);
  const ticket = { digest, sizeBytes: String(bytes.length) };
  const first = await api.call('uvs.v1.PackageService', 'CreateUpload', ticket);
  t.equal(first.uploadUrl, `https://${c1.https}/v1/uploads/${digest}`);
  t.equal(first.receivedBytes, '0');
  t.equal(await put(bytes, { breakAfter: 100_000 }), undefined);
  const received = await eventually('the broken part is noticed', async () => {
    const { receivedBytes } = await api.call('uvs.v1.PackageService', 'CreateUpload', ticket);
    const answer = await put(bytes.subarray(0, Number(receivedBytes)), { from: Number(receivedBytes), digest, total: bytes.length });
    return answer?.status === 202 && receivedBytes !== '0' ? Number(receivedBytes) : undefined;
  });
  t.ok(received > 0 && received <= 100_000, `${received} bytes were kept`);
  t.match(await put(bytes, { from: received + 1 }), { status: 409, reason: 'CONFLICT' }, 'a gap is refused');
  t.match(await put(bytes, { from: received }), { status: 200 });
  const { package: found } = await api.call('uvs.v1.PackageService', 'GetPackage', { name: `packages/${digest.slice(0, 12)}` });
  t.match(found, {
    digest,
    version: '2.14.17',
    product: 'uvs',
    sizeBytes: String(bytes.length),
    plainBytes: String(plain.length),
    holders: ['c1'],
  });
  t.match(
    await api.call('uvs.v1.PackageService', 'CreateUpload', ticket),
    { uploadUrl: '', package: { digest } },
    'nothing is left to be sent',
  );
});

void t.test('what is truncated, altered, unsigned or not a package is refused and leaves nothing', async (t) => {
  const bytes = makePackage();
  const altered = Buffer.from(bytes);
  altered[9] = (altered[9] ?? 0) ^ 1;
  const truncated = bytes.subarray(0, 300);
  const unsigned = assemblePackage(sampleManifest([stored], [plain]), [stored], []);
  const strangers = assemblePackage(sampleManifest([stored], [plain]), [stored], [generateSigningKey()]);
  const cases = {
    'wrong digest': [await put(bytes, { digest: sha256(plain) }), 'PACKAGE_CORRUPT'],
    truncated: [await put(truncated), 'PACKAGE_TRUNCATED'],
    unsigned: [await put(unsigned), 'SIGNATURE_MISSING'],
    'signed by a stranger': [await put(strangers), 'KEY_UNKNOWN'],
    noise: [await put(plain), 'PACKAGE_MALFORMED'],
  } as const;
  for (const [name, [answer, reason]] of Object.entries(cases)) t.equal(answer?.reason, reason, name);
  t.ok(((await put(altered))?.status ?? 0) >= 400, 'altered');
  for (const refused of [truncated, unsigned, strangers, plain, altered]) t.notOk(await holds(c1, sha256(refused)));
});

void t.test('a package that is listed without its bytes can be brought again', async (t) => {
  const apart = await makeCluster();
  t.teardown(() => apart[Symbol.asyncDispose]());
  const path = join(apart.folder, 'release.upd');
  const bytes = assemblePackage(sampleManifest([stored], [plain]), [stored], [apart.trust.key]);
  await writeFile(path, bytes);
  await using admin = await makeOperator(apart.admin);
  const first = await apart.run();
  await untilItLeads(apart);
  t.match(await admin.run(['packages', 'upload', path]), { code: 0 });
  await first[Symbol.asyncDispose]();
  await rm(join(first.directory, 'data/packages', sha256(bytes)));
  const second = await apart.run();
  await untilItLeads(apart);
  t.match(await admin.run(['packages', 'upload', path]), { code: 0, out: / is uploaded and held by c1\./ });
  t.ok(await holds(second, sha256(bytes)));
});

/** One file of a release, to be built encrypted. */
function sealedSpec() {
  const { product, version, components, minAgent, target, kind, requires, services, reboot, brings } = sampleManifest([], []);
  const origin = { kind: 'bytes', bytes: plain } as const;
  const file = {
    path: 'etc/motd',
    op: 'put',
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    xattrs: {},
    origin,
    config: 'replace',
    linkGroup: 0,
  } as const;
  return { product, version, components, minAgent, target, kind, requires, tasks: [], services, reboot, brings, files: [file] };
}

void t.test('a package that is encrypted for somebody else is refused where it would be of no use', async (t) => {
  const build = async (name: string, recipient: string): Promise<Buffer> => {
    const path = join(cluster.folder, name);
    await writePackage(path, sealedSpec(), { keys: [cluster.trust.key], recipients: [recipient], level: 1 }, AbortSignal.timeout(10_000));
    return await readFile(path);
  };
  const { cluster: view } = await api.call('uvs.v1.ClusterService', 'GetCluster', {});
  const ours = await build('ours.upd', view?.packageRecipient ?? '');
  const theirs = await build('theirs.upd', await identityToRecipient(await generateIdentity()));
  t.match(await put(ours), { status: 200 });
  t.match(await put(theirs), { reason: 'KEY_WRONG' });
  t.notOk(await holds(c1, sha256(theirs)));
});

void t.test('without an identity for encrypted packages a coordinator takes none, and says which setting is missing', async (t) => {
  const apart = await makeCluster();
  t.teardown(() => apart[Symbol.asyncDispose]());
  const config = join(apart.directory, layout.config);
  await writeFile(config, (await readFile(config, 'utf8')).replace(/^identity = .*\n/m, ''));
  const running = await apart.run();
  await untilItLeads(apart);
  const path = join(apart.folder, 'sealed.upd');
  const recipient = await identityToRecipient(await generateIdentity());
  await writePackage(path, sealedSpec(), { keys: [apart.trust.key], recipients: [recipient], level: 1 }, AbortSignal.timeout(10_000));
  await using admin = await makeOperator(apart.admin);
  const { code, err } = await admin.run(['packages', 'upload', path]);
  t.equal(code, 5);
  t.match(err, `uvsctl: ${path}: the package is encrypted, and this coordinator has no identity`);
  t.match(err, '\nConfigure one: [packages] identity.\n');
  t.same(await readdir(join(running.directory, 'data/packages')), ['incoming']);
});

void t.test('a coordinator whose disk is full says so before the first byte, with the folder and the sizes', async (t) => {
  const apart = await makeCluster();
  t.teardown(() => apart[Symbol.asyncDispose]());
  // Smaller than what a coordinator leaves free for others: full from the start.
  using disk = SmallDisk.mount(join(apart.directory, 'data/packages'), 1);
  if (disk === undefined) throw new Error('a small disk could not be mounted: run as root');
  await using running = await apart.run();
  await untilItLeads(apart);
  await using admin = await makeOperator(apart.admin);
  const path = join(apart.folder, 'release.upd');
  await writeFile(path, assemblePackage(sampleManifest([stored], [plain]), [stored], [apart.trust.key]));
  const { size } = await stat(path);
  const ticket = apart.client().call('uvs.v1.PackageService', 'CreateUpload', { digest: 'a'.repeat(64), sizeBytes: String(size) });
  t.match(await errorOf(ticket), { reason: 'NO_SPACE' });
  const { code, err } = await admin.run(['packages', 'upload', path]);
  t.equal(code, 7, err);
  t.match(err, `uvsctl: ${disk.path} has room for 0 bytes, ${size} are needed [NO_SPACE]\nDelete packages that nobody needs`);
  t.same(await readdir(disk.path), ['incoming']);
  t.same(await readdir(join(disk.path, 'incoming')), []);
  t.same((await apart.client().call('uvs.v1.PackageService', 'ListPackages', {})).packages, []);
  t.ok(running.grpc);
});

void t.test('a Range is answered with 206 or 416, and only who may read reads', async (t) => {
  const bytes = makePackage();
  const digest = sha256(bytes);
  t.match(await put(bytes), { status: 200 });
  const url = `https://${c1.https}/v1/packages/${digest}`;
  const node = await cluster.enrol('osd-1');
  const part = await https(node, { method: 'GET', url, headers: { range: 'bytes=100-199' } });
  t.match(part, { status: 206, headers: { 'content-range': `bytes 100-199/${bytes.length}`, 'content-length': '100' } });
  t.same(part?.body, bytes.subarray(100, 200));
  t.match(await https(node, { method: 'GET', url, headers: { range: `bytes=${bytes.length}-` } }), {
    status: 416,
    headers: { 'content-range': `bytes */${bytes.length}` },
  });
  t.same((await https(node, { method: 'GET', url }))?.body, bytes);
  t.match(await https(node, { method: 'HEAD', url }), {
    status: 200,
    headers: { 'content-length': String(bytes.length), etag: `"${digest}"` },
  });
  t.match(await https(node, { method: 'GET', url: `https://${c1.https}/v1/packages/${'0'.repeat(64)}` }), {
    status: 404,
    reason: 'NOT_FOUND',
  });
  t.match(await https(node, { method: 'GET', url: `https://${c1.https}/v1/packages/..%2f..%2fpki` }), { reason: 'INVALID_ARGUMENT' });

  for (const kind of ['viewer', 'joining'] as const) {
    t.match(
      await https(await cluster.credential(kind, 'x1'), { method: 'GET', url }),
      { status: 403, reason: 'PERMISSION_DENIED' },
      `${kind} reads`,
    );
  }
  for (const kind of ['viewer', 'joining', 'node', 'coordinator'] as const) {
    t.match(await put(makePackage(), { who: await cluster.credential(kind, 'x1') }), { status: 403 }, `${kind} uploads`);
  }
  for (const kind of ['viewer', 'joining', 'node', 'operator', 'admin'] as const) {
    const replicate = { method: 'POST', url: `https://${c1.https}/v1/replicate/${digest}?size=1&from=127.0.0.1:1` };
    t.match(await https(await cluster.credential(kind, 'x1'), replicate), { status: 403 }, `${kind} replicates`);
  }
  const elsewhere = { method: 'POST', url: `https://${c1.https}/v1/replicate/${'1'.repeat(64)}?size=1&from=127.0.0.1:1` };
  t.match(
    await https(await cluster.credential('coordinator', 'c9'), elsewhere),
    { status: 403 },
    'nobody is sent to an address that is no coordinator',
  );
});

void t.test('without a certificate the HTTPS listener says nothing at all', async (t) => {
  const port = Number(c1.https.split(':')[1]);
  const said = await new Promise<string>((resolve) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'coordinator.uvs',
      secureContext: createSecureContext({ ca: cluster.admin.authority }),
    });
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
    socket.write('GET /v1/packages/x HTTP/1.1\r\nHost: x\r\n\r\n');
  });
  t.equal(said, '');
});

void t.test('an upload succeeds once a majority holds it; until then it names who is missing, and keeps the bytes', async (t) => {
  const c2 = await cluster.run(await cluster.add('c2'));
  const both = makePackage();
  t.match(await put(both), { status: 200 });
  t.ok(await holds(c2, sha256(both)), 'c2 has its own copy');

  await eventually('c2 holds what came before it', async () => {
    const { packages } = await api.call('uvs.v1.PackageService', 'ListPackages', {});
    return packages.length > 0 && packages.every((one) => one.holders.includes('c1') && one.holders.includes('c2'));
  });

  const directory = c2.directory;
  await c2[Symbol.asyncDispose]();
  const alone = makePackage();
  const refused = await put(alone);
  t.match(refused, { status: 503, reason: 'NO_MAJORITY' });
  t.match(refused?.body.toString(), /c2/);
  const hidden = await errorOf(api.call('uvs.v1.PackageService', 'GetPackage', { name: `packages/${sha256(alone)}` }));
  t.equal(hidden.reason, 'NOT_FOUND', 'a package that a minority holds does not exist');

  const back = await cluster.run(directory);
  const { receivedBytes } = await api.call('uvs.v1.PackageService', 'CreateUpload', {
    digest: sha256(alone),
    sizeBytes: String(alone.length),
  });
  t.equal(receivedBytes, String(alone.length));
  t.match(await put(alone, { from: alone.length }), { status: 200 }, 'only the end is asked for again');
  t.ok(await holds(back, sha256(alone)));

  await api.call('uvs.v1.PackageService', 'DeletePackage', { name: `packages/${sha256(alone)}` });
  await eventually('the bytes are gone from both', async () => !(await holds(c1, sha256(alone))) && !(await holds(back, sha256(alone))));

  // whoever follows asks etcd, for it has no list of the nodes
  const [node, ghost] = [await cluster.enrol('osd-2'), await cluster.credential('node', crypto.randomUUID())];
  const read = async (who: typeof node, from: RunningCoordinator) =>
    await https(who, { method: 'GET', url: `https://${from.https}/v1/packages/${sha256(both)}` });
  for (const from of [c1, back]) {
    t.match(await read(node, from), { status: 200 });
    t.match(await read(ghost, from), { status: 403, reason: 'PERMISSION_DENIED' }, 'a node that is not enrolled reads nothing');
  }
  await api.call('uvs.v1.NodeService', 'RemoveNode', { name: 'nodes/osd-2', reason: 'stolen', force: true, nodeIsPoweredOff: true });
  for (const from of [c1, back]) t.match(await read(node, from), { reason: /PERMISSION_DENIED|CERTIFICATE_WITHDRAWN/ });
});
