import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { readCredential } from '../../common/credential.ts';
import { generateKeyPair } from '../../common/pki.ts';
import { readCoordinatorConfig } from '../../coordinator/config.ts';
import { addCoordinator } from '../../coordinator/init/add.ts';
import { initCluster } from '../../coordinator/init/cluster.ts';
import { demandOwner } from '../../coordinator/init/owner.ts';
import { layout } from '../../coordinator/layout.ts';
import { makeCluster } from '../support/running-cluster.ts';
import { eventually } from '../support/eventually.ts';
import { errorOf } from '../support/failure.ts';
import { freePort } from '../../coordinator/free-port.ts';
import { RawClient } from '../support/raw-call.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { makeTrust } from '../support/upd.ts';

const folder = await mkdtemp(join(tmpdir(), 'uvs-daemon-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const main = new URL('../../coordinator/main.ts', import.meta.url).pathname;
const rootFile = join(folder, 'root.json');
await writeFile(rootFile, makeTrust().root.bytes);

/** Runs the program to its end. */
async function program(...args: string[]): Promise<{ readonly code: number; readonly err: string; readonly out: string }> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { timeout: 30_000 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}

async function init(directory: string, cluster = 'ceph-1'): Promise<void> {
  await initCluster({
    directory,
    dataDir: 'data',
    cluster,
    id: 'c1',
    addresses: { grpc: '127.0.0.1:7443', https: '127.0.0.1:7444', metrics: undefined, listen: undefined },
    packageRoot: rootFile,
    etcd: { kind: 'embedded', clientPort: 12379, peerPort: 12380 },
    nowMs: 0,
  });
}

void t.test('init makes a folder that only its owner can read, and nothing is overwritten by a second one', async (t) => {
  const dir = join(folder, 'init');
  await init(dir);
  const files = await filesBelow(dir);
  t.ok(files.includes(join(dir, layout.adminCredential)));
  for (const file of files) t.equal((await stat(file)).mode & 0o777, 0o600, file.slice(dir.length));
  t.equal((await stat(dir)).mode & 0o777, 0o700);
  t.equal((await stat(join(dir, 'pki'))).mode & 0o777, 0o700);
  t.match(await readCoordinatorConfig(join(dir, layout.config)), { id: 'c1', cluster: 'ceph-1', etcd: { kind: 'embedded' } });

  const before = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  t.match(await errorOf(init(dir)), { reason: 'ALREADY_EXISTS', message: /nothing is overwritten/ });
  t.same(await Promise.all(files.map((file) => readFile(file, 'utf8'))), before);
  t.same(await filesBelow(dir), files, 'and nothing is left beside');
});

void t.test('a wrong init changes nothing', async (t) => {
  const dir = join(folder, 'wrong');
  t.match(await errorOf(init(dir, 'No Such Name!')), { reason: 'INVALID_ARGUMENT' });
  const args = ['--dir', dir, '--name', 'x', '--id', 'c1', '--grpc', '127.0.0.1:1', '--https', '127.0.0.1:2', '--package-root', rootFile];
  t.match(await program('init', ...args), { code: 2, err: /--etcd-endpoints/ }, 'by the program: exit code 2');
  const embedded = [...args, '--etcd', 'embedded'];
  t.match(await program('init', ...embedded, '--owner', 'nobodyx'), { code: 2, err: /no user nobodyx.*nothing was made/ });
  t.match(await program('init', ...args.slice(0, -1), `${rootFile}x`, '--etcd', 'embedded'), { code: 3, err: /root\.jsonx can't be read/ });
  const spoilt = join(folder, 'spoilt.json');
  await writeFile(spoilt, '{}');
  t.match(await program('init', ...args.slice(0, -1), spoilt, '--etcd', 'embedded'), { code: 5, err: /root file/ });
  t.match((await program('--help')).out, /3 something is missing[^]*5 the package root file/);
  const left = await access(dir).then(
    () => true,
    () => false,
  );
  t.notOk(left);
  await mkdir(dir);
  await init(join(dir, 'c1'));
  const added = ['--dir', join(dir, 'c1'), '--id', 'c2', '--out', join(dir, 'c2'), '--grpc', '127.0.0.1:1', '--https', '127.0.0.1:2'];
  t.match(await program('add', ...added, '--owner', 'nobodyx'), { code: 2, err: /no user nobodyx/ });
  t.same(await readdir(dir), ['c1']);
});

void t.test('a coordinator on another machine is refused where etcd is embedded, because it could not reach it', async (t) => {
  const dir = join(folder, 'evaluation');
  await init(join(dir, 'c1'));
  const add = ['add', '--dir', join(dir, 'c1'), '--id', 'c2', '--out', join(dir, 'c2'), '--https', '127.0.0.1:2', '--grpc'];
  t.match(await program(...add, '10.0.0.2:7443'), {
    code: 2,
    err: /is embedded.*on loopback only, where c2 at 10\.0\.0\.2:7443 can't reach it \[INVALID_ARGUMENT\]\n.*init --etcd-endpoints/,
  });
  t.same(await readdir(dir), ['c1'], 'nothing was made');
  const { code, out } = await program(...add, '127.0.0.1:1');
  t.equal(code, 0);
  t.notMatch(out, /move it/, 'it stays on this machine');
  t.match(out, `run --config ${join(dir, 'c2', layout.config)}`);
});

void t.test(
  'with an etcd of several machines no node is disturbed while a member is ill, whoever leads, and nothing has to be configured',
  async (t) => {
    const dir = join(folder, 'external');
    const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => join(folder, name));
    for (const file of [ca, cert, key]) await writeFile(file ?? '', 'as it is');
    const args = ['--grpc', '127.0.0.1:1', '--https', '127.0.0.1:2'];
    const external = ['--etcd-endpoints', 'https://10.0.0.1:2379', '--etcd-ca', `${ca}`, '--etcd-cert', `${cert}`, '--etcd-key', `${key}`];
    const first = ['--name', 'x', '--id', 'c1', '--package-root', rootFile, ...external];
    t.match(await program('init', '--dir', join(dir, 'c1'), ...first, ...args), { code: 0 });
    t.match(await program('add', '--dir', join(dir, 'c1'), '--id', 'c2', '--out', join(dir, 'c2'), ...args), { code: 0 });
    const gates = async (of: string): Promise<unknown> => (await readCoordinatorConfig(join(of, layout.config))).gates;
    for (const id of ['c1', 'c2']) t.same(await gates(join(dir, id)), [{ kind: 'etcd', name: 'etcd', timeoutMs: 5_000 }], id);
    t.same(await gates(join(folder, 'init')), [], 'an embedded one has a single member');
  },
);

void t.test('only root gives files to somebody else', async (t) => {
  t.match(await errorOf(demandOwner('nobody', 4711)), { reason: 'INVALID_ARGUMENT', message: /only root can give files to nobody/ });
  await demandOwner('root', 0);
});

void t.test('the daemon’s user gets what is made, but neither the folder that was there nor the admin’s credential', async (t) => {
  const dir = join(folder, 'owned');
  await mkdir(dir);
  const addresses = ['--grpc', '127.0.0.1:1', '--https', '127.0.0.1:2', '--package-root', rootFile];
  const { code, err } = await program(
    'init',
    '--dir',
    dir,
    '--name',
    'x',
    '--id',
    'c1',
    ...addresses,
    '--etcd',
    'embedded',
    '--owner',
    'nobody',
  );
  t.equal(code, 0, err);
  const nobody = Number(
    (await readFile('/etc/passwd', 'utf8'))
      .split('\n')
      .find((line) => line.startsWith('nobody:'))
      ?.split(':')[2],
  );
  for (const path of [join(dir, 'pki'), ...(await filesBelow(dir))])
    t.equal((await stat(path)).uid, path === join(dir, layout.adminCredential) ? process.getuid?.() : nobody, path);
  t.equal((await stat(dir)).uid, process.getuid?.());
});

void t.test('packages that are kept outside of the folder are kept there on a second machine, too', async (t) => {
  const dir = join(folder, 'apart');
  const second = join(folder, 'apart-2');
  const args = ['--grpc', '127.0.0.1:1', '--https', '127.0.0.1:2'];
  const first = ['--name', 'x', '--id', 'c1', '--package-root', rootFile, '--etcd', 'embedded', '--data-dir', '/var/lib/uvs-coordinator'];
  t.match(await program('init', '--dir', dir, ...first, ...args), { code: 0 });
  t.match(await program('add', '--dir', dir, '--id', 'c2', '--out', second, ...args), { code: 0 });
  t.equal((await readCoordinatorConfig(join(second, layout.config))).dataDir, '/var/lib/uvs-coordinator');
  t.match(await program('add', '--dir', join(folder, 'init'), '--id', 'c3', '--out', join(folder, 'third'), ...args), { code: 0 });
  t.equal((await readCoordinatorConfig(join(folder, 'third', layout.config))).dataDir, join(folder, 'third/data'));
});

void t.test('a second coordinator has a key of its own and copies of what all share', async (t) => {
  const dir = join(folder, 'init');
  const second = join(folder, 'second');
  const addresses = { grpc: '127.0.0.1:8443', https: '127.0.0.1:8444', metrics: undefined, listen: undefined };
  const add = (id: string, newDirectory: string): Promise<unknown> =>
    addCoordinator({ directory: dir, id, addresses, newDirectory, nowMs: 0 });
  await add('c2', second);
  const same = async (name: string): Promise<boolean> =>
    (await readFile(join(dir, name), 'utf8')) === (await readFile(join(second, name), 'utf8'));
  for (const name of [layout.authority, layout.authorityKey, layout.packageRoot, layout.packageIdentity, layout.etcdAuthority])
    t.ok(await same(name), name);
  for (const name of [layout.certificate, layout.key, layout.etcdClient, layout.etcdClientKey]) t.notOk(await same(name), name);
  t.match((await readCoordinatorConfig(join(second, layout.config))).etcd, { kind: 'external', endpoints: ['https://localhost:12379'] });
  t.match(await errorOf(add('c2', second)), { reason: 'ALREADY_EXISTS' });
  t.match(await errorOf(add('c1', join(folder, 'third'))), { reason: 'INVALID_ARGUMENT' });
});

void t.test('a port in use is told by its number, whichever it is', async (t) => {
  const cluster = await makeCluster();
  t.teardown(() => cluster[Symbol.asyncDispose]());
  const configPath = join(cluster.directory, layout.config);
  const metricsPort = await freePort('127.0.0.1');
  await writeFile(configPath, (await readFile(configPath, 'utf8')).replace('127.0.0.1:0', `127.0.0.1:${metricsPort}`));
  const { grpc, https, etcd } = await readCoordinatorConfig(configPath);
  if (etcd.kind !== 'embedded') throw new Error('the test is about an embedded etcd');
  const before = snapshot(cluster.directory, ['data']);
  const ports = [
    [etcd.clientPort, /for etcd/, '[etcd] client_port'],
    [etcd.peerPort, /for etcd/, 'peer_port'],
    [metricsPort, /status address/, '[metrics] listen'],
    [grpc.listen.port, /gRPC address/, '[grpc] listen'],
    [https.listen.port, /HTTPS address/, '[https] listen'],
  ] as const;
  for (const [port, what, key] of ports) {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
    const error = await errorOf(cluster.run());
    t.match(error, { reason: 'PORT_IN_USE', message: what, hint: key }, key);
    t.match(error.message, `127.0.0.1:${port}`);
    await new Promise((resolve) => squatter.close(resolve));
  }
  t.same(snapshot(cluster.directory, ['data']), before);
  const running = await cluster.run();
  t.ok(running.grpc, 'afterwards it starts: nothing of the failed attempts was left');
});

void t.test(
  'a file that the configuration names and that is missing, open to others or another one’s is named, and nothing is made',
  async (t) => {
    const cluster = await makeCluster();
    t.teardown(() => cluster[Symbol.asyncDispose]());
    const files = [layout.key, layout.authorityKey].map((name) => join(cluster.directory, name));
    for (const key of files) {
      const good = await readFile(key, 'utf8');
      const spoil = [
        [async () => await rm(key, { force: true }), /can't be read: .*ENOENT/, /Check the path/],
        [async () => await writeFile(key, good, { mode: 0o644 }), /can be read by others/, `chmod 600 ${key}`],
        [async () => await writeFile(key, 'no key', { mode: 0o600 }), /is not the key of the certificate/, /`uvs-coordinator init`/],
        [async () => await writeFile(key, (await generateKeyPair()).keyPem, { mode: 0o600 }), /is not the key of the certificate/, /init/],
      ] as const;
      for (const [change, message, hint] of spoil) {
        await rm(key, { force: true });
        await change();
        const before = snapshot(cluster.directory, []);
        const error = await errorOf(cluster.run());
        t.match(error, { reason: 'CONFIG_INVALID', message, hint });
        t.match(error.message, key);
        t.same(snapshot(cluster.directory, []), before);
      }
      await rm(key);
      await writeFile(key, good, { mode: 0o600 });
    }
  },
);

void t.test('an etcd that does not answer is told with its endpoints', async (t) => {
  const cluster = await makeCluster();
  t.teardown(() => cluster[Symbol.asyncDispose]());
  const second = await cluster.add('c2');
  const error = await errorOf(cluster.run(second));
  t.match(error, { reason: 'ETCD_UNAVAILABLE' });
  t.match(error.message, /https:\/\/localhost:\d+/);
});

void t.test('a follower answers what it may, and sends who wants more to the leader', async (t) => {
  const cluster = await makeCluster();
  t.teardown(() => cluster[Symbol.asyncDispose]());
  const c1 = await cluster.run();
  const leader = async (credential = cluster.admin): Promise<string> =>
    (await cluster.client(credential).call('uvs.v1.ClusterService', 'GetCluster', {})).cluster?.leader?.id ?? '';
  await eventually('c1 leads', async () => (await leader()) === 'c1');
  const { cluster: fresh } = await cluster.client(cluster.admin).call('uvs.v1.ClusterService', 'GetCluster', {});
  t.same(fresh?.budgets, {});
  t.match(fresh, { defaultBudgets: { cluster: 1 } }, 'what holds is told even where nobody set it');
  const c2 = await cluster.run(await cluster.add('c2'));
  const toSecond = { ...cluster.admin, coordinators: [c2.grpc] };
  t.equal(await leader(toSecond), 'c1', 'a follower answers, too');
  using raw = new RawClient(c2.grpc, cluster.admin);
  t.equal((await raw.call('/uvs.v1.NodeService/ListNodes')).reason, 'NOT_LEADER');
  t.match(
    await cluster.client(toSecond).call('uvs.v1.NodeService', 'ListNodes', {}),
    { nodes: { length: 0 } },
    'a client follows to the leader',
  );
  await eventually('the certificate of one that has never led is on record', async () => {
    const { credentials } = await cluster.client(cluster.admin).call('uvs.v1.AccessService', 'ListCredentials', {});
    return credentials.some(({ identity }) => identity === 'coordinator/c2');
  });
  t.match(await (await fetch(`http://${c2.metrics}/metrics`)).text(), /uvs_coordinator_leader 0/);
  t.match(await (await fetch(`http://${c1.metrics}/metrics`)).text(), /uvs_coordinator_leader 1/);
});

void t.test('whoever lost the last credential gets another by the authority’s key, and it is on record', async (t) => {
  const cluster = await makeCluster();
  t.teardown(() => cluster[Symbol.asyncDispose]());
  const out = join(cluster.folder, 'anna.json');
  const issue = (...args: string[]): ReturnType<typeof program> =>
    program('credential', '--dir', cluster.directory, '--name', 'anna', '--out', out, ...args);
  t.match(await issue(), { code: 10, err: /has to run and to lead.*systemctl start uvs-coordinator/ });
  t.match(await readdir(cluster.folder), ['c1', 'root.json'], 'nothing was made');
  await cluster.run();
  t.match(await issue(), { code: 0, out: /anna\.json is a credential for admin\/anna/ });
  t.equal((await stat(out)).mode & 0o777, 0o600);
  const anna = cluster.client(await readCredential(out));
  const credentials = await eventually('the first records', async () => {
    const listed = await anna.call('uvs.v1.AccessService', 'ListCredentials', {});
    return listed.credentials.some(({ identity }) => identity === 'admin/admin') ? listed.credentials : undefined;
  });
  t.ok(
    credentials.some(({ identity }) => identity === 'admin/anna'),
    'so it can be withdrawn',
  );
  t.notOk(
    credentials.some(({ identity }) => identity === 'admin/authority'),
    'the one for a moment is nowhere',
  );
  const { events } = await anna.call('uvs.v1.EventService', 'ListEvents', {});
  t.match(
    events.find(({ message }) => message === 'admin/anna'),
    { actor: 'admin/authority', action: 'credentials.issue' },
  );
  const lost = credentials.find(({ identity }) => identity === 'admin/admin')?.name ?? '';
  t.match(await anna.call('uvs.v1.AccessService', 'WithdrawCredential', { name: lost, reason: 'lost' }), {
    credential: { withdrawn: true },
  });
  t.match(await issue(), { code: 3, err: /exists already/ });
  t.match(await issue('--role', 'root'), { code: 2, err: /viewer, operator, admin/ });
});

void t.test('metrics are as Prometheus wants them', async (t) => {
  const cluster = await makeCluster();
  t.teardown(() => cluster[Symbol.asyncDispose]());
  const c1 = await cluster.run();
  const text = await eventually('the leader counts', async () => {
    const got = await (await fetch(`http://${c1.metrics}/metrics`)).text();
    return got.includes('uvs_nodes{') ? got : undefined;
  });
  const complaints = await new Promise<string>((resolve) => {
    const promtool = execFile('promtool', ['check', 'metrics'], (_error, out, err) => resolve(out + err));
    promtool.stdin?.end(text);
  });
  t.equal(complaints.trim(), '');
  t.match(text, /^uvs_etcd_up 1$/m);
  t.match(text, /^uvs_coordinators\{state="up"\} 1$/m);
  t.match(text, /^uvs_coordinators\{state="down"\} 0$/m);
  t.match(await (await fetch(`http://${c1.metrics}/healthz`)).text(), /ok/);
});

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
