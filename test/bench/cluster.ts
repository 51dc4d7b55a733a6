import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PackageDefinition } from '@grpc/proto-loader';
import { join as joinCluster } from '../../agent/link/join.ts';
import { statePaths } from '../../agent/state-paths.ts';
import { readCredential, type Credential } from '../../common/credential.ts';
import { UvsError } from '../../common/errors.ts';
import { CoordinatorClient } from '../../common/rpc/client.ts';
import { EtcdClient } from '../../coordinator/etcd/client.ts';
import { loopbackPort } from '../../coordinator/etcd/loopback-port.ts';
import { embeddedEtcdFiles, embeddedEtcdName, layout } from '../../coordinator/layout.ts';
import { initCluster } from '../../coordinator/init/cluster.ts';
import { loadDefinition } from '../../proto/load.ts';
import { call, programs } from './programs.ts';

const START_MS = 30_000;
const POLL_MS = 100;
const STOP_MS = 10_000;

/** One coordinator with its own etcd, as processes, and a client with the first admin's credential. */
export class BenchCluster implements AsyncDisposable {
  readonly definition: PackageDefinition = loadDefinition();
  readonly client: CoordinatorClient;
  readonly grpcAddress: string;
  readonly httpsAddress: string;
  readonly #folder: string;
  readonly #etcdPort: number;
  readonly #process: ChildProcess;

  private constructor(folder: string, ports: readonly number[], admin: Credential, process: ChildProcess) {
    const [grpc = 0, https = 0, , etcd = 0] = ports;
    this.grpcAddress = `127.0.0.1:${grpc}`;
    this.httpsAddress = `127.0.0.1:${https}`;
    this.#folder = folder;
    this.#etcdPort = etcd;
    this.#process = process;
    this.client = new CoordinatorClient(admin, { definition: this.definition });
  }

  static async start(folder: string, packageRoot: string): Promise<BenchCluster> {
    const directory = join(folder, 'coordinator');
    const ports: number[] = [];
    for (let count = 0; count < 5; count += 1) ports.push(await loopbackPort(0));
    const [grpc, https, metrics, clientPort = 0, peerPort = 0] = ports;
    await initCluster({
      directory,
      dataDir: 'data',
      cluster: 'bench',
      id: 'c1',
      addresses: { grpc: `127.0.0.1:${grpc}`, https: `127.0.0.1:${https}`, metrics: `127.0.0.1:${metrics}`, listen: undefined },
      packageRoot,
      etcd: { kind: 'embedded', clientPort, peerPort },
      nowMs: Date.now(),
    });
    const [node, main] = programs.coordinator;
    const process = spawn(node, [main, 'run', '--config', join(directory, layout.config)], { stdio: ['ignore', 'ignore', 'inherit'] });
    const admin = await readCredential(join(directory, layout.adminCredential));
    const cluster = new BenchCluster(directory, ports, admin, process);
    await cluster.#awaitLeader();
    return cluster;
  }

  /** Enrols nodes and returns their credentials, in the order of the names. */
  async enrol(hostnames: readonly string[]): Promise<readonly Credential[]> {
    const made = await this.client.call('uvs.v1.EnrolmentService', 'CreateJoinToken', { uses: hostnames.length, ttlSeconds: 600 });
    const tokenFile = join(this.#folder, 'join-token');
    await writeFile(tokenFile, made.token, { mode: 0o600 });
    const credentials: Credential[] = [];
    for (const hostname of hostnames) {
      const paths = statePaths(join(this.#folder, hostname));
      const signal = AbortSignal.timeout(START_MS);
      await joinCluster({ tokenFile, hostname, roles: ['osd'], paths, definition: this.definition, signal });
      credentials.push(await readCredential(paths.credential));
    }
    return credentials;
  }

  /** @returns the package's digest */
  async upload(file: string): Promise<string> {
    const printed = await call(
      programs.uvsctl,
      '--credential',
      join(this.#folder, layout.adminCredential),
      'packages',
      'upload',
      file,
      '--json',
    );
    const digest = /"digest":\s*"([0-9a-f]{64})"/u.exec(printed)?.[1];
    if (digest === undefined) throw new UvsError('INTERNAL', `the upload of ${file} told no digest: ${printed}`);
    return digest;
  }

  /** The etcd that the coordinator uses, by the same adapter and the same certificates. */
  async etcd(): Promise<EtcdClient> {
    const files = embeddedEtcdFiles(this.#folder);
    return new EtcdClient({
      endpoints: [`https://${embeddedEtcdName}:${this.#etcdPort}`],
      tls: {
        authority: await readFile(files.authority, 'utf8'),
        certificate: await readFile(files.clientCertificate, 'utf8'),
        key: await readFile(files.clientKey, 'utf8'),
      },
      monotonicMs: () => performance.now(),
    });
  }

  async #awaitLeader(): Promise<void> {
    const endMs = performance.now() + START_MS;
    for (;;) {
      try {
        const { cluster } = await this.client.call('uvs.v1.ClusterService', 'GetCluster', {}, { deadlineMs: 2_000 });
        if (cluster?.leader) return;
      } catch (cause) {
        if (performance.now() > endMs || this.#process.exitCode !== null)
          throw new UvsError('NO_LEADER', 'the coordinator did not start', { cause });
      }
      await delay(POLL_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client[Symbol.dispose]();
    if (this.#process.exitCode !== null) return;
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    const force = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(force);
  }
}
