import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AgentPrograms, layAgentTree, type AgentVersion } from '../support/agent-versions.ts';
import { buildPackages } from '../support/packages.ts';
import { mustRun } from '../support/programs.ts';
import { SandboxCluster, type SandboxNode } from '../support/sandbox-cluster.ts';
import type { BootedNode } from './booted-node.ts';
import { BootedNodes } from './booted-nodes.ts';

const INSTALL_MS = 300_000;

export interface ServiceClusterOptions {
  /** Empty folder; everything of this machine's side lives below it. */
  readonly dir: string;
  readonly nodes: readonly SandboxNode[];
  /** Text of /etc/uvs/agent.toml on every node. */
  readonly agentConfig?: string;
  /** TOML appended to the coordinator's configuration. */
  readonly coordinatorConfig?: string;
  /** What a node has before it joins, such as services. */
  readonly prepare?: (node: BootedNode) => Promise<void>;
}

/**
 * A cluster of booted nodes, each a machine with a systemd that runs the packaged agent as uvs-agent.service; coordinator and etcd run on
 * this machine. Dispose it to remove all of them.
 */
export class ServiceCluster implements AsyncDisposable {
  readonly cluster: SandboxCluster;
  readonly nodes: ReadonlyMap<string, BootedNode>;
  /** Of the test bed: what looks after each node. */
  readonly bedDirectory: string;
  readonly #stack: AsyncDisposableStack;
  readonly #programs: AgentPrograms;

  private constructor(cluster: SandboxCluster, bed: BootedNodes, programs: AgentPrograms, stack: AsyncDisposableStack) {
    this.cluster = cluster;
    this.nodes = new Map(bed.nodes.map((node) => [node.name, node]));
    this.bedDirectory = bed.directory;
    this.#programs = programs;
    this.#stack = stack;
  }

  static async start(options: ServiceClusterOptions): Promise<ServiceCluster> {
    const { dir, nodes, coordinatorConfig } = options;
    await using stack = new AsyncDisposableStack();
    const folder = join(dir, 'programs');
    mkdirSync(folder);
    const programs = await AgentPrograms.make(folder);
    const debs = join(dir, 'debs');
    const built = [...(await buildPackages(debs, { names: ['uvs-runtime', 'uvs-agent'], env: { FORMAT: 'deb' } })).values()];
    const names = nodes.map(({ hostname }) => hostname);
    const bed = stack.use(await BootedNodes.start(names, { binds: [folder, dirname(process.execPath), debs] }));
    const cluster = new SandboxCluster({
      dir,
      nodes,
      host: bed.gateway,
      ...(coordinatorConfig === undefined ? {} : { coordinatorConfig }),
    });
    stack.defer(() => cluster.stop());
    await cluster.startCoordinator();
    const token = await mustRun('uvsctl', ['--credential', cluster.credential, 'join-tokens', 'create', '--uses', String(nodes.length)]);
    await Promise.all(
      nodes.map(async ({ hostname, roles }, at) => {
        const node = bed.nodes[at];
        if (node === undefined) throw new Error(`${hostname} was asked for`);
        await node.must(['dpkg', '-i', ...built], { deadlineMs: INSTALL_MS });
        await options.prepare?.(node);
        await node.write('/etc/uvs/agent.toml', options.agentConfig ?? '');
        await node.write('/root/join.token', token, '600');
        await node.must(['uvs-agent', 'join', '--token-file', '/root/join.token', '--hostname', hostname, '--roles', roles.join(',')]);
        await node.must(['rm', '/root/join.token']);
        await node.must(['systemctl', 'enable', '--now', 'uvs-agent']);
      }),
    );
    await cluster.waitReady();
    return new ServiceCluster(cluster, bed, programs, stack.move());
  }

  node(hostname: string): BootedNode {
    const node = this.nodes.get(hostname);
    if (node === undefined) throw new Error(`there is no node ${hostname}`);
    return node;
  }

  /** Puts an agent of another version, which does what this one does, into the tree of a release. */
  layAgent(tree: string, name: AgentVersion['name']): void {
    layAgentTree(tree, { name, program: this.#programs.good(name) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
