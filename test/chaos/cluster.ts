import { execFile } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { join as joinCluster } from '../../agent/link/join.ts';
import { statePaths } from '../../agent/state-paths.ts';
import { parseCredential, writeCredential, type Credential } from '../../common/credential.ts';
import { createAuthority, generateKeyPair, issueCertificate } from '../../common/pki.ts';
import { CoordinatorClient } from '../../common/rpc/client.ts';
import { EtcdClient } from '../../coordinator/etcd/client.ts';
import { addCoordinator } from '../../coordinator/init/add.ts';
import { initCluster } from '../../coordinator/init/cluster.ts';
import { layout } from '../../coordinator/layout.ts';
import { keys } from '../../coordinator/state/keys.ts';
import { loadDefinition } from '../../proto/load.ts';
import { eventually } from '../support/eventually.ts';
import { mustRun, programPath } from '../support/programs.ts';
import type { Machines } from './faults.ts';
import type { Network } from './network.ts';
import { Part } from './part.ts';

/** Short, so that minutes hold what takes a cluster hours. */
export const timings = { heartbeatSeconds: 1, silentAfterSeconds: 4, grantTtlSeconds: 6, leaseTtlSeconds: 4, retrySeconds: 0.5 } as const;

const COORDINATOR_CONFIG = `
[timings]
heartbeat_seconds = ${timings.heartbeatSeconds}
silent_after_seconds = ${timings.silentAfterSeconds}
grant_ttl_seconds = ${timings.grantTtlSeconds}
lease_ttl_seconds = ${timings.leaseTtlSeconds}
retry_seconds = ${timings.retrySeconds}
`;
const GRPC_PORT = 7443;
const HTTPS_PORT = 7444;
const ETCD_PORT = 2379;
const PEER_PORT = 2380;
/** Of a coordinator's own proxy, to each of the members. */
const PROXY_PORTS = { e1: 2371, e2: 2372, e3: 2373 } as const;
const READY_MS = 90_000;
const proxyProgram = fileURLToPath(new URL('etcd-proxy.ts', import.meta.url));
const blockable = new URL('blockable.ts', import.meta.url).href;

export const machines = {
  agents: ['n01', 'n02', 'n03', 'n04', 'n05', 'n06', 'n07', 'n08', 'n09', 'n10', 'n11', 'n12', 'n13', 'n14', 'n15', 'n16'],
  coordinators: ['c1', 'c2', 'c3'],
  members: ['e1', 'e2', 'e3'],
} as const satisfies Machines;
/** So many of the agents' nodes, the first ones, are monitors. */
const MONITORS = 3;

export function rolesOf(agent: string): readonly string[] {
  return machines.agents.findIndex((name) => name === agent) < MONITORS ? ['mon'] : ['osd'];
}

/**
 * Three members of etcd, three coordinators, sixteen agents: the programs as they ship, each in a network namespace of its own. All
 * that a coordinator asks of etcd goes over a proxy of its own. This process must itself be in the network.
 */
export class ChaosCluster {
  readonly parts = new Map<string, Part>();
  readonly #folder: string;
  readonly #network: Network;
  readonly #onExit: (part: string, code: number | undefined) => void;
  readonly #definition = loadDefinition();
  #etcdTls = { authority: '', certificate: '', key: '' };
  #client: CoordinatorClient | undefined;
  /** How often etcd was restored: each time it gets new data. */
  #restored = 0;

  constructor(folder: string, network: Network, onExit: (part: string, code: number | undefined) => void) {
    this.#folder = folder;
    this.#network = network;
    this.#onExit = onExit;
  }

  get credentialFile(): string {
    return this.#path('admin.credential.json');
  }

  get client(): CoordinatorClient {
    if (this.#client === undefined) throw new Error('the cluster has not been started');
    return this.#client;
  }

  logFile(part: string): string {
    return this.#path('logs', `${part}.log`);
  }

  part(name: string): Part {
    const part = this.parts.get(name);
    if (part === undefined) throw new Error(`there is no ${name}`);
    return part;
  }

  /** A client of etcd beside the coordinators, which only looks. */
  etcd(): EtcdClient {
    const endpoints = machines.members.map((member) => `https://${this.#network.address(member)}:${ETCD_PORT}`);
    return new EtcdClient({ endpoints, tls: this.#etcdTls, monotonicMs: () => performance.now() });
  }

  /** Makes everything and starts it; resolves when all nodes are ready. */
  async start(): Promise<void> {
    for (const folder of ['logs', 'keys', 'nodes', 'pki', 'etcd']) mkdirSync(this.#path(folder), { recursive: true });
    machines.members.forEach((name, place) => this.#network.add(name, `10.77.0.${11 + place}`));
    machines.coordinators.forEach((name, place) => this.#network.add(name, `10.77.0.${21 + place}`));
    machines.agents.forEach((name, place) => this.#network.add(name, `10.77.1.${1 + place}`));
    await this.#makeEtcd();
    await this.#makeCoordinators();
    for (const part of this.parts.values()) part.start();
    await eventually('a coordinator leads', async () => (await this.#call())?.leader?.id, READY_MS);
    await this.#enrol();
    for (const agent of machines.agents) this.part(agent).start();
    await this.waitReady(READY_MS);
  }

  /** The coordinator that leads and says so; undefined where none does within `deadlineMs`. */
  async leader(deadlineMs: number): Promise<string | undefined> {
    const answer = await this.#call(deadlineMs).catch(() => undefined);
    return answer?.leader?.id;
  }

  async waitReady(deadlineMs: number): Promise<void> {
    await eventually('all nodes are ready', async () => (await this.#call())?.nodesReady === machines.agents.length, deadlineMs);
  }

  async #call(deadlineMs = 5_000) {
    return (await this.client.call('uvs.v1.ClusterService', 'GetCluster', {}, { deadlineMs })).cluster;
  }

  async #makeEtcd(): Promise<void> {
    const { authority } = await createAuthority('etcd of a test');
    const pair = await generateKeyPair();
    const addresses = ['127.0.0.1', ...machines.members.map((member) => this.#network.address(member))];
    const issued = await issueCertificate(authority, {
      commonName: 'etcd',
      publicKey: pair.publicKey,
      altNames: addresses.map((value) => ({ type: 'ip' as const, value })),
      isServer: true,
      isClient: true,
    });
    this.#etcdTls = { authority: authority.certificatePem, certificate: issued.pem, key: pair.keyPem };
    writeFileSync(this.#path('pki/ca.pem'), authority.certificatePem);
    writeFileSync(this.#path('pki/etcd.pem'), issued.pem);
    writeFileSync(this.#path('pki/etcd.key'), pair.keyPem, { mode: 0o600 });
    for (const member of machines.members) this.#add(member, member, () => ['etcd', ...this.#etcdArguments(member)]);
  }

  #peers(): string {
    return machines.members.map((member) => `${member}=http://${this.#network.address(member)}:${PEER_PORT}`).join(',');
  }

  #dataOf(member: string): string {
    return this.#path('etcd', `${member}-${this.#restored}`);
  }

  #etcdArguments(member: string): readonly string[] {
    const address = this.#network.address(member);
    return [
      `--name=${member}`,
      `--data-dir=${this.#dataOf(member)}`,
      `--listen-client-urls=https://${address}:${ETCD_PORT}`,
      `--advertise-client-urls=https://${address}:${ETCD_PORT}`,
      `--listen-peer-urls=http://${address}:${PEER_PORT}`,
      `--initial-advertise-peer-urls=http://${address}:${PEER_PORT}`,
      `--initial-cluster=${this.#peers()}`,
      `--initial-cluster-token=uvs-${this.#restored}`,
      '--client-cert-auth',
      `--trusted-ca-file=${this.#path('pki/ca.pem')}`,
      `--cert-file=${this.#path('pki/etcd.pem')}`,
      `--key-file=${this.#path('pki/etcd.key')}`,
      '--logger=zap',
      '--log-level=error',
    ];
  }

  /** Saves what etcd holds now. @returns the file */
  async snapshot(): Promise<string> {
    const file = this.#path('etcd', `snapshot-${this.#restored}`);
    const [member] = machines.members;
    await this.#etcdctl(`--endpoints=https://${this.#network.address(member)}:${ETCD_PORT}`, 'snapshot', 'save', file);
    return file;
  }

  /** Ends all members and starts them with what the file holds. */
  async restore(file: string): Promise<void> {
    await Promise.all(machines.members.map((member) => this.part(member).kill()));
    this.#restored += 1;
    for (const member of machines.members) {
      const peer = `http://${this.#network.address(member)}:${PEER_PORT}`;
      const own = ['--name', member, '--initial-advertise-peer-urls', peer, '--data-dir', this.#dataOf(member)];
      const cluster = ['--initial-cluster', this.#peers(), '--initial-cluster-token', `uvs-${this.#restored}`];
      await this.#etcdctl('snapshot', 'restore', file, ...own, ...cluster);
    }
    for (const member of machines.members) this.part(member).start();
  }

  /** Whether a member answers for all of them. */
  async isServing(): Promise<boolean> {
    using etcd = this.etcd();
    return (await etcd.get(keys.ledger)) !== undefined;
  }

  async #etcdctl(...args: readonly string[]): Promise<void> {
    const tls = [`--cacert=${this.#path('pki/ca.pem')}`, `--cert=${this.#path('pki/etcd.pem')}`, `--key=${this.#path('pki/etcd.key')}`];
    await promisify(execFile)('etcdctl', [...tls, ...args], { env: { ...process.env, ETCDCTL_API: '3' }, timeout: 30_000 });
  }

  async #makeCoordinators(): Promise<void> {
    const vendor = this.#path('keys/vendor');
    const root = this.#path('keys/root.json');
    await mustRun('upd', ['keygen', vendor]);
    await mustRun('upd', ['root', 'init', '--product', 'uvs', '--key', `${vendor}.pub`, '--out', root]);
    const [first, ...others] = machines.coordinators;
    const etcd = {
      kind: 'external',
      endpoints: Object.values(PROXY_PORTS).map((port) => `https://127.0.0.1:${port}`),
      authority: this.#path('pki/ca.pem'),
      certificate: this.#path('pki/etcd.pem'),
      key: this.#path('pki/etcd.key'),
    } as const;
    const common = { packageRoot: root, nowMs: Date.now() };
    const directory = this.#path(first);
    await initCluster({ directory, dataDir: 'data', cluster: 'chaos', id: first, addresses: this.#addressesOf(first), etcd, ...common });
    for (const id of others) {
      const wish = { directory, id, addresses: this.#addressesOf(id), newDirectory: this.#path(id), nowMs: Date.now() };
      await addCoordinator(wish);
    }
    for (const id of machines.coordinators) this.#configure(id);
    const made = parseCredential(readFileSync(join(directory, layout.adminCredential), 'utf8'), layout.adminCredential);
    const coordinators = machines.coordinators.map((id) => this.#addressesOf(id).grpc);
    const credential: Credential = { ...made, coordinators };
    await writeCredential(this.credentialFile, credential);
    this.#client = new CoordinatorClient(credential, { definition: this.#definition });
  }

  #addressesOf(coordinator: string) {
    const address = this.#network.address(coordinator);
    return { grpc: `${address}:${GRPC_PORT}`, https: `${address}:${HTTPS_PORT}`, metrics: '127.0.0.1:9743', listen: undefined };
  }

  #configure(id: string): void {
    const config = join(this.#path(id), layout.config);
    appendFileSync(config, COORDINATOR_CONFIG);
    this.#add(id, id, () => [programPath('uvs-coordinator'), 'run', '--config', config], { NODE_OPTIONS: `--import=${blockable}` });
    const tls = [this.#path('pki/ca.pem'), this.#path('pki/etcd.pem'), this.#path('pki/etcd.key')] as const;
    const routes = machines.members.map((member) => `${PROXY_PORTS[member]}=${this.#network.address(member)}:${ETCD_PORT}`);
    this.#add(proxyOf(id), id, () => [process.execPath, proxyProgram, ...tls, ...routes]);
  }

  async #enrol(): Promise<void> {
    const request = { uses: machines.agents.length, ttlSeconds: 600 };
    const made = await this.client.call('uvs.v1.EnrolmentService', 'CreateJoinToken', request);
    const tokenFile = this.#path('join.token');
    writeFileSync(tokenFile, made.token, { mode: 0o600 });
    for (const hostname of machines.agents) {
      const root = this.#path('nodes', hostname);
      mkdirSync(join(root, 'etc/uvs'), { recursive: true });
      writeFileSync(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
      writeFileSync(join(root, 'etc/uvs/agent.toml'), `addresses = ["${this.#network.address(hostname)}"]\n`);
      const paths = statePaths(root);
      const signal = AbortSignal.timeout(READY_MS);
      await joinCluster({ tokenFile, hostname, roles: rolesOf(hostname), paths, definition: this.#definition, signal });
      this.#add(hostname, hostname, () => [programPath('uvs-agent'), '--root', root, 'run']);
    }
  }

  #add(name: string, machine: string, command: () => readonly [string, ...string[]], env: Readonly<Record<string, string>> = {}): void {
    const [network, logFile] = [this.#network.path(machine), this.logFile(name)];
    this.parts.set(name, new Part({ name, network, command, logFile, env, onExit: (code) => this.#onExit(name, code) }));
  }

  async stop(): Promise<void> {
    this.#client?.[Symbol.dispose]();
    await Promise.all([...this.parts.values()].map((part) => part.kill()));
  }

  /** Leaves the records and logs, removes what is large. */
  removeData(): void {
    for (const folder of ['nodes', 'etcd', ...machines.coordinators]) rmSync(this.#path(folder), { recursive: true, force: true });
  }

  #path(...parts: readonly string[]): string {
    return join(this.#folder, ...parts);
  }
}

export function proxyOf(coordinator: string): string {
  return `p${coordinator.slice(1)}`;
}
