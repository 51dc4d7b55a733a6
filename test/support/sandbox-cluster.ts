import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { statePaths } from '../../agent/state-paths.ts';
import { eventually } from './eventually.ts';
import { freePort } from '../../coordinator/free-port.ts';
import { Daemon, mustRun, programPath, run, type Finished, type Program } from './programs.ts';
import { nodesSchema, parseJson, statusSchema } from './uvsctl-json.ts';

export interface SandboxNode {
  readonly hostname: string;
  readonly roles: readonly string[];
  /** More environment of its agent. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The small cluster of the release notes: three nodes of the control plane, four of storage, one metadata server. */
export const eightNodes: readonly SandboxNode[] = [
  { hostname: 'demo151', roles: ['mon', 'mgr', 'mds'] },
  { hostname: 'demo152', roles: ['mon', 'mgr', 'mds'] },
  { hostname: 'demo153', roles: ['mon', 'mgr', 'mds'] },
  { hostname: 'demo154', roles: ['osd'] },
  { hostname: 'demo155', roles: ['osd'] },
  { hostname: 'demo156', roles: ['osd'] },
  { hostname: 'demo157', roles: ['osd'] },
  { hostname: 'demo158', roles: ['mds'] },
];

export interface SandboxOptions {
  /** Empty or absent folder; everything lives below it. */
  readonly dir: string;
  readonly nodes: readonly SandboxNode[];
  /** Address of this machine at which the coordinators listen; loopback unless told. */
  readonly host?: string;
  /** TOML appended to the coordinators' configuration, e.g. gates. */
  readonly coordinatorConfig?: string;
  /** More environment of the coordinators. */
  readonly coordinatorEnv?: Readonly<Record<string, string>>;
  /** Whether the daemons may run on when this process ends. */
  readonly outlives?: boolean;
  /** Daemons that are those of another version, and the folder that has them. */
  readonly older?: { readonly bin: string; readonly programs: readonly Program[] };
  /** External etcd; without it the first coordinator runs one. */
  readonly etcd?: { readonly endpoints: readonly string[]; readonly ca: string; readonly cert: string; readonly key: string };
}

/**
 * A whole cluster on this machine: the programs as they ship, an etcd, coordinators, and agents with a root directory each.
 * Everything listens on 127.0.0.1; `stop` ends what `start` started, by process id.
 */
export class SandboxCluster {
  readonly dir: string;
  readonly coordinators: Daemon[] = [];
  readonly agents = new Map<string, Daemon>();
  readonly #options: SandboxOptions;

  constructor(options: SandboxOptions) {
    this.dir = options.dir;
    this.#options = options;
  }

  get credential(): string {
    return join(this.dir, 'c1', 'admin.credential.json');
  }

  get signingKey(): string {
    return join(this.dir, 'keys', 'vendor.key');
  }

  get packageRoot(): string {
    return join(this.dir, 'keys', 'root.json');
  }

  nodeRoot(hostname: string): string {
    return join(this.dir, 'nodes', hostname);
  }

  /** Makes keys and the authority, starts the first coordinator, enrols and starts every node, and waits until all are ready. */
  async start(): Promise<void> {
    await this.startCoordinator();
    await this.enrolNodes();
    for (const node of this.#options.nodes) this.agents.get(node.hostname)?.start();
    await this.waitReady();
  }

  /** Keys, authority and the first coordinator; returns when it leads. */
  async startCoordinator(): Promise<void> {
    mkdirSync(join(this.dir, 'logs'), { recursive: true });
    mkdirSync(join(this.dir, 'keys'), { recursive: true });
    const vendor = join(this.dir, 'keys', 'vendor');
    await mustRun('upd', ['keygen', vendor]);
    await mustRun('upd', ['root', 'init', '--product', 'uvs', '--key', `${vendor}.pub`, '--out', this.packageRoot]);
    const etcd = this.#options.etcd;
    const init = ['init', '--dir', join(this.dir, 'c1'), '--name', 'demo', '--id', 'c1', '--package-root', this.packageRoot];
    const itsEtcd =
      etcd === undefined
        ? ['--etcd', 'embedded']
        : ['--etcd-endpoints', etcd.endpoints.join(','), '--etcd-ca', etcd.ca, '--etcd-cert', etcd.cert, '--etcd-key', etcd.key];
    await mustRun('uvs-coordinator', [...init, ...(await this.#listeners()), ...itsEtcd], { env: this.#options.coordinatorEnv ?? {} });
    this.#runCoordinator('c1');
    await eventually('the first coordinator leads', async () => (await this.uvsctlOk('status')).includes('c1'), 30_000);
  }

  /** Adds a coordinator with its own folder, starts it, and waits until every node knows where it is. Needs an external etcd. */
  async addCoordinator(id: string): Promise<Daemon> {
    const listeners = await this.#listeners();
    const [, grpcAddress = ''] = listeners;
    await mustRun('uvs-coordinator', ['add', '--dir', join(this.dir, 'c1'), '--id', id, '--out', join(this.dir, id), ...listeners]);
    // An operator does the same by hand, or has a new credential issued.
    const own = JSON.parse(readFileSync(this.credential, 'utf8'));
    own.coordinators.push(grpcAddress);
    writeFileSync(this.credential, JSON.stringify(own), { mode: 0o600 });
    const daemon = this.#runCoordinator(id);
    await eventually(`every node knows ${id}`, () => [...this.agents.keys()].every((node) => this.#knows(node, grpcAddress)));
    return daemon;
  }

  /** Whether a node would find this coordinator if all others died now. */
  #knows(node: string, coordinator: string): boolean {
    return readFileSync(statePaths(this.nodeRoot(node)).credential, 'utf8').includes(JSON.stringify(coordinator));
  }

  async #listeners(): Promise<string[]> {
    const host = this.#options.host ?? '127.0.0.1';
    const address = async (): Promise<string> => `${host}:${await freePort(host)}`;
    return ['--grpc', await address(), '--https', await address(), '--metrics', await address()];
  }

  #runCoordinator(id: string): Daemon {
    const config = join(this.dir, id, 'coordinator.toml');
    writeFileSync(config, `${readFileSync(config, 'utf8')}\n${this.#options.coordinatorConfig ?? ''}`);
    const daemon = new Daemon(id, 'uvs-coordinator', ['run', '--config', config], join(this.dir, 'logs', `${id}.log`), {
      outlives: this.#options.outlives ?? false,
      env: this.#options.coordinatorEnv ?? {},
      path: this.#pathOf('uvs-coordinator'),
    });
    daemon.start();
    this.coordinators.push(daemon);
    return daemon;
  }

  /** Enrols every node that has no credential yet, with one token for all. */
  async enrolNodes(): Promise<void> {
    const tokenFile = join(this.dir, 'join.token');
    writeFileSync(
      tokenFile,
      await mustRun('uvsctl', ['--credential', this.credential, 'join-tokens', 'create', '--uses', String(this.#options.nodes.length)]),
      {
        mode: 0o600,
      },
    );
    for (const node of this.#options.nodes) {
      const root = this.nodeRoot(node.hostname);
      mkdirSync(join(root, 'etc'), { recursive: true });
      writeFileSync(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
      await this.join(node, tokenFile);
      this.agents.set(node.hostname, this.#agent(node));
    }
  }

  /** Lets a node join with a token. @throws Error with what the agent said */
  async join({ hostname, roles, env }: SandboxNode, tokenFile: string): Promise<void> {
    const root = this.nodeRoot(hostname);
    const as = ['--hostname', hostname, '--roles', roles.join(',')];
    await mustRun('uvs-agent', ['join', '--root', root, '--token-file', tokenFile, ...as], { env: env ?? {} });
  }

  #agent({ hostname, env }: SandboxNode): Daemon {
    const root = this.nodeRoot(hostname);
    return new Daemon(hostname, 'uvs-agent', ['run', '--root', root], join(this.dir, 'logs', `${hostname}.log`), {
      outlives: this.#options.outlives ?? false,
      env: env ?? {},
      path: this.#pathOf('uvs-agent'),
    });
  }

  #pathOf(program: Program): string {
    const { older } = this.#options;
    return older?.programs.includes(program) === true ? join(older.bin, program) : programPath(program);
  }

  async waitReady(deadlineMs = 60_000): Promise<void> {
    await eventually(
      'all nodes are ready',
      async () => {
        const { nodes } = parseJson(nodesSchema, await this.uvsctlOk('--json', 'nodes', 'list'));
        return nodes.length === this.#options.nodes.length && nodes.every((node) => node.state === 'NODE_STATE_READY');
      },
      deadlineMs,
    );
  }

  uvsctl(...args: readonly string[]): Promise<Finished> {
    return run('uvsctl', args, { env: { UVS_CREDENTIAL: this.credential }, deadlineMs: 900_000 });
  }

  uvsctlOk(...args: readonly string[]): Promise<string> {
    return mustRun('uvsctl', args, { env: { UVS_CREDENTIAL: this.credential }, deadlineMs: 900_000 });
  }

  /** Builds a release from a TOML spec and returns the package's path. */
  async buildRelease(name: string, spec: string): Promise<string> {
    const specFile = join(this.dir, `${name}.toml`);
    const file = join(this.dir, `${name}.upd`);
    writeFileSync(specFile, spec);
    const { cluster } = parseJson(statusSchema, await this.uvsctlOk('--json', 'status'));
    await mustRun('upd', ['build', specFile, '--key', this.signingKey, '--recipient', cluster.packageRecipient, '-o', file], {
      deadlineMs: 900_000,
    });
    return file;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.agents.values()].map((agent) => agent.stop()));
    await Promise.all(this.coordinators.map((coordinator) => coordinator.stop()));
  }

  /** Last lines of every daemon's log, for a failure's report. */
  logTails(lines = 8): string {
    return [...this.coordinators, ...this.agents.values()].map((daemon) => `${daemon.name}: ${daemon.tail(lines)}`).join('\n');
  }
}

/** Writes an executable script and returns its path. */
export function writeScript(path: string, text: string): string {
  if (!existsSync(path)) writeFileSync(path, '');
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}
