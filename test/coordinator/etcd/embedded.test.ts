import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import t from 'tap';
import { COORDINATOR_NAME } from '../../../common/tls.ts';
import { isHealthy, loadTlsContext, type EtcdTlsFiles } from '../../../coordinator/etcd/embedded-health.ts';
import { startEmbeddedEtcd, type EmbeddedEtcdOptions } from '../../../coordinator/etcd/embedded.ts';
import { TestAuthority } from '../../support/authority.ts';
import { errorOf } from '../../support/failure.ts';

const folder = await mkdtemp(join(tmpdir(), 'uvs-embedded-etcd-'));
t.teardown(() => rm(folder, { recursive: true }));
const tls = await credentialFiles('c1', await TestAuthority.create());
const context = { log: pino({ level: 'silent' }), path: process.env['PATH'] ?? '' };

async function credentialFiles(name: string, authority: TestAuthority): Promise<EtcdTlsFiles> {
  const credential = await authority.issue(`coordinator/${name}`);
  const files = { authority: join(folder, `${name}.ca`), certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  await writeFile(files.authority, credential.authority);
  await writeFile(files.certificate, credential.certificate);
  await writeFile(files.key, credential.key, { mode: 0o600 });
  return files;
}

function options(name: string, given: Partial<EmbeddedEtcdOptions> = {}): EmbeddedEtcdOptions {
  return { dataDir: join(folder, name), clientPort: 0, peerPort: 0, tls, serverName: COORDINATOR_NAME, startDeadlineMs: 20_000, ...given };
}

async function healthy(endpoint: string, files = tls): Promise<boolean> {
  return isHealthy(endpoint, await loadTlsContext(files), COORDINATOR_NAME, AbortSignal.timeout(5_000));
}

async function until(isSo: () => boolean | Promise<boolean>, deadlineMs: number): Promise<boolean> {
  const endMs = performance.now() + deadlineMs;
  while (performance.now() < endMs) {
    if (await isSo()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

void t.test('etcd runs with mutual TLS, is started again under the same address when it dies, and is gone when disposed of', async (t) => {
  const etcd = await startEmbeddedEtcd(options('life'), context);
  const { endpoint } = etcd;
  const first = etcd.pid() ?? 0;
  t.ok(await healthy(endpoint));
  const stranger = await credentialFiles('c9', await TestAuthority.create('other'));
  t.notOk(await healthy(endpoint, { ...stranger, authority: tls.authority }), 'a certificate of another authority gets nothing');

  process.kill(first, 'SIGKILL');
  t.ok(await until(() => etcd.pid() !== undefined && etcd.pid() !== first, 10_000), 'another process');
  t.ok(await until(() => healthy(endpoint), 10_000), 'healthy again');
  const second = etcd.pid() ?? 0;
  await etcd[Symbol.asyncDispose]();
  t.notOk(await healthy(endpoint));
  t.notOk(isAlive(second));
});

void t.test('without an etcd on the PATH the error says what to install', async (t) => {
  const error = await errorOf(startEmbeddedEtcd(options('missing'), { ...context, path: folder }));
  t.match(error, { reason: 'PROGRAM_MISSING', message: /etcd/, hint: /etcd-server/ });
});

void t.test('a port in use is an error that names it', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  t.match(await errorOf(startEmbeddedEtcd(options('port', { clientPort: port }), context)), {
    reason: 'PORT_IN_USE',
    message: new RegExp(`:${port}`),
  });
});

void t.test('files that are no certificates are an error that names them', async (t) => {
  const broken = join(folder, 'broken.key');
  await writeFile(broken, 'not a key');
  const error = await errorOf(startEmbeddedEtcd(options('broken', { tls: { ...tls, key: broken } }), context));
  t.match(error, { reason: 'CONFIG_INVALID', message: /broken\.key/ });
  t.match(await errorOf(startEmbeddedEtcd(options('broken.key'), context)), { reason: 'CONFIG_INVALID', message: /broken\.key/ });
});

void t.test('an etcd that ends at its start is an error with its last words', async (t) => {
  await mkdir(join(folder, 'spoiled'));
  await writeFile(join(folder, 'spoiled', 'member'), 'a file where etcd has its folder');
  const error = await errorOf(startEmbeddedEtcd(options('spoiled'), context));
  t.match(error, { reason: 'ETCD_UNAVAILABLE', message: /ended right after its start: .*member/, hint: /spoiled/ });
});

void t.test('etcd does not outlive a coordinator that is killed', async (t) => {
  const script = new URL('../../support/etcd-parent.ts', import.meta.url).pathname;
  const parent = spawn(process.execPath, [script, join(folder, 'orphan'), tls.authority, tls.certificate, tls.key], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(parent.stdout.setEncoding('utf8'), 'data');
  const pid = Number(line);
  t.ok(isAlive(pid));
  parent.kill('SIGKILL');
  t.ok(await until(() => !isAlive(pid), 10_000));
});
