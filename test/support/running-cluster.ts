import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { parseCredential, type Credential } from '../../common/credential.ts';
import { bootstrapCredential, parseJoinToken } from '../../agent/link/join-token.ts';
import { createCertificateRequest, generateKeyPair, issueIdentity, loadAuthority, type Authority } from '../../common/pki.ts';
import { CoordinatorClient } from '../../common/rpc/client.ts';
import type { IdentityKind } from '../../common/tls.ts';
import { readCoordinatorConfig } from '../../coordinator/config.ts';
import { runDaemon } from '../../coordinator/daemon.ts';
import { addCoordinator } from '../../coordinator/init/add.ts';
import { initCluster } from '../../coordinator/init/cluster.ts';
import type { Addresses } from '../../coordinator/init/config-text.ts';
import { layout } from '../../coordinator/layout.ts';
import type { TrustedRoot } from '../../common/upd/root.ts';
import type { SigningKey } from '../../common/upd/keys.ts';
import { freePort } from '../../coordinator/free-port.ts';
import { definition } from './grpc-server.ts';
import { realClock } from './real-clock.ts';
import { makeTrust } from './upd.ts';

export interface RunningCoordinator extends AsyncDisposable {
  readonly grpc: string;
  readonly https: string;
  readonly metrics: string;
  readonly directory: string;
}

/** A cluster for tests: a folder as `uvs-coordinator init` makes it, and coordinators that run in this process on real sockets and a real etcd. */
export interface TestCluster extends AsyncDisposable {
  readonly folder: string;
  readonly directory: string;
  readonly admin: Credential;
  readonly authority: Authority;
  readonly trust: { readonly key: SigningKey; readonly root: TrustedRoot };
  /** A credential signed here, which the cluster has no record of. */
  credential(kind: IdentityKind, id: string): Promise<Credential>;
  /** Lets a machine join, which is a node then; a coordinator has to lead. */
  enrol(hostname: string): Promise<Credential>;
  /** Makes the folder of another coordinator. */
  add(id: string): Promise<string>;
  run(directory?: string): Promise<RunningCoordinator>;
  client(credential?: Credential): CoordinatorClient;
}

const cluster = 'test';

/** Ports of 127.0.0.1 that nobody listens on. */
export async function freeAddresses(): Promise<Addresses> {
  const address = async (): Promise<string> => `127.0.0.1:${await freePort('127.0.0.1')}`;
  return { grpc: await address(), https: await address(), metrics: '127.0.0.1:0', listen: undefined };
}

/** @param moreConfig appended to the configuration of every coordinator. */
export async function makeCluster(moreConfig = ''): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'uvs-cluster-'));
  const directory = join(folder, 'c1');
  const trust = makeTrust();
  const packageRoot = join(folder, 'root.json');
  await writeFile(packageRoot, trust.root.bytes);
  await initCluster({
    directory,
    dataDir: 'data',
    cluster,
    id: 'c1',
    addresses: await freeAddresses(),
    packageRoot,
    etcd: { kind: 'embedded', clientPort: await freePort('127.0.0.1'), peerPort: await freePort('127.0.0.1') },
    nowMs: Date.now(),
  });
  await extend(directory, moreConfig);
  const read = async (name: string): Promise<string> => await readFile(join(directory, name), 'utf8');
  const authority = await loadAuthority(await read(layout.authority), await read(layout.authorityKey));
  const admin = parseCredential(await read(layout.adminCredential), layout.adminCredential);
  const running = new Set<RunningCoordinator>();
  const clients: CoordinatorClient[] = [];
  return {
    folder,
    directory,
    admin,
    authority,
    trust,
    credential: async (kind, id) => {
      const { keyPem, publicKey } = await generateKeyPair();
      const issued = await issueIdentity(authority, { cluster, kind, id }, publicKey);
      return { ...admin, identity: `${kind}/${id}`, certificate: issued.pem, key: keyPem };
    },
    enrol: async (hostname) => {
      const client = (credential: Credential): CoordinatorClient => new CoordinatorClient(credential, { definition });
      using asAdmin = client(admin);
      const { token } = await asAdmin.call('uvs.v1.EnrolmentService', 'CreateJoinToken', { uses: 1, ttlSeconds: '60' });
      using joining = client(bootstrapCredential(parseJoinToken(token, 'token'), admin.authority, 'token'));
      const { request, keyPem } = await createCertificateRequest();
      const wish = { certificateRequest: Buffer.from(request), hostname, roles: ['osd'] };
      const { uid, certificate } = await joining.call('uvs.v1.EnrolmentService', 'Enrol', wish, { isRepeatable: false });
      return { ...admin, identity: `node/${uid}`, certificate, key: keyPem };
    },
    add: async (id) => {
      const newDirectory = join(folder, id);
      await addCoordinator({ directory, id, addresses: await freeAddresses(), newDirectory, nowMs: Date.now() });
      await extend(newDirectory, moreConfig);
      return newDirectory;
    },
    run: async (which = directory) => {
      const coordinator = await start(which);
      running.add(coordinator);
      return {
        ...coordinator,
        [Symbol.asyncDispose]: async () => {
          running.delete(coordinator);
          await coordinator[Symbol.asyncDispose]();
        },
      };
    },
    client: (credential = admin) => {
      const client = new CoordinatorClient(credential, { definition });
      clients.push(client);
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client[Symbol.dispose]();
      // The first one, whose etcd the others use, goes last.
      for (const coordinator of [...running].toReversed()) await coordinator[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function extend(directory: string, moreConfig: string): Promise<void> {
  const path = join(directory, layout.config);
  await writeFile(path, `${await readFile(path, 'utf8')}\n${moreConfig}\n`);
}

async function start(directory: string): Promise<RunningCoordinator> {
  const configPath = join(directory, layout.config);
  const config = await readCoordinatorConfig(configPath);
  const stop = new AbortController();
  const ready = Promise.withResolvers<{ readonly grpc: string; readonly https: string; readonly metrics: string }>();
  const ended = runDaemon({
    config,
    configPath,
    version: '0.0.0',
    definition,
    clock: realClock,
    env: { PATH: process.env['PATH'] },
    log: pino({ level: process.env['UVS_TEST_LOG'] ?? 'silent' }),
    signal: stop.signal,
    etcdAnswerMs: 2_000,
    onReady: ready.resolve,
  });
  ended.catch(ready.reject);
  const addresses = await ready.promise;
  return {
    ...addresses,
    directory,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
    },
  };
}
