import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPath } from '../support/programs.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { agentBinds, agentEnv } from './updated-node.ts';
import { VirtualNode, type VirtualOptions } from './virtual-node.ts';

/** A virtual machine under emulation is slow, and agents look every so many seconds: from a change until the coordinator knows it. */
export const TOLD_MS = 300_000;

/** A virtual machine, and so a node with a kernel of its own, whose agent has joined a cluster with a coordinator on this machine. */
export class VirtualMember implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly cluster: SandboxCluster;
  readonly node: VirtualNode;
  /** Of the coordinator, on this machine. */
  readonly metricsPort: number;

  private constructor(stack: AsyncDisposableStack, cluster: SandboxCluster, node: VirtualNode, metricsPort: number) {
    this.#stack = stack;
    this.cluster = cluster;
    this.node = node;
    this.metricsPort = metricsPort;
  }

  /** @param prepare does what is to be there before the agent runs */
  static async start(options: Omit<VirtualOptions, 'ports'>, prepare: (node: VirtualNode) => Promise<void>): Promise<VirtualMember> {
    await using stack = new AsyncDisposableStack();
    const dir = mkdtempSync(join(tmpdir(), 'uvs-virtual-member-'));
    stack.defer(() => rmSync(dir, { recursive: true, force: true }));
    const cluster = new SandboxCluster({ dir, nodes: [{ hostname: 'node1', roles: ['osd'] }] });
    stack.defer(() => cluster.stop());
    await cluster.startCoordinator();
    const listeners = readFileSync(join(dir, 'c1', 'coordinator.toml'), 'utf8').matchAll(/^listen = "127\.0\.0\.1:(\d+)"$/gmu);
    const [grpc = 0, https = 0, metrics = 0] = [...listeners].map(([, port]) => Number(port));
    const node = stack.use(await VirtualNode.start(agentBinds, { ...options, ports: [grpc, https] }));
    await node.write('/root/join.token', await cluster.uvsctlOk('join-tokens', 'create', '--uses', '1'), '600');
    const asNode = ['--token-file', '/root/join.token', '--hostname', 'node1', '--roles', 'osd'];
    await node.must([programPath('uvs-agent'), 'join', ...asNode], { env: agentEnv });
    await prepare(node);
    const member = new VirtualMember(stack.move(), cluster, node, metrics);
    await member.startAgent();
    await cluster.waitReady(TOLD_MS);
    return member;
  }

  async startAgent(): Promise<void> {
    const unit = ['--unit=agent', `--setenv=UVS_NODE=${agentEnv.UVS_NODE}`];
    await this.node.must(['systemd-run', '--quiet', ...unit, '--', programPath('uvs-agent'), 'run']);
  }

  async stopAgent(): Promise<void> {
    await this.node.must(['systemctl', 'stop', 'agent']);
  }

  /** Last words of all, for a failure's report. */
  async logTails(): Promise<string> {
    const { stdout } = await this.node.exec(['journalctl', '--no-pager', '-u', 'agent', '-n', '60', '-o', 'cat']);
    return `${this.cluster.logTails(30)}\n${stdout}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}
