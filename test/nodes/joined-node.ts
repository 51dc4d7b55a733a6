import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { mustRun, programPath } from '../support/programs.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { BootedNodes } from './booted-nodes.ts';
import type { BootedNode } from './booted-node.ts';
import { agentBinds } from './updated-node.ts';

const runtime = agentBinds[1] ?? '';
/** Longer than an NTP server may leave an agent waiting. */
const SETTLED_MS = 90_000;

/** A booted node whose agent has joined a cluster with a coordinator on this machine. */
export class JoinedNode implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly node: BootedNode;
  readonly cluster: SandboxCluster;
  /** This machine's address for the node. */
  readonly gateway: string;

  private constructor(stack: AsyncDisposableStack, node: BootedNode, cluster: SandboxCluster, gateway: string) {
    this.#stack = stack;
    this.node = node;
    this.cluster = cluster;
    this.gateway = gateway;
  }

  /**
   * @param prepare does what is to be there before the agent
   * @param binds of this machine that the node sees besides the agent, as for BootedNodes
   */
  static async start(prepare: (node: BootedNode, gateway: string) => Promise<void>, binds: readonly string[] = []): Promise<JoinedNode> {
    const stack = new AsyncDisposableStack();
    const dir = mkdtempSync(join(tmpdir(), 'uvs-joined-'));
    stack.defer(() => rmSync(dir, { recursive: true, force: true }));
    const nodes = stack.use(await BootedNodes.start(1, { binds: [...agentBinds, ...binds] }));
    const [node] = nodes.nodes;
    if (node === undefined) throw new Error('one node was asked for');
    const cluster = new SandboxCluster({ dir, nodes: [{ hostname: 'node1', roles: ['osd'] }], host: nodes.gateway });
    stack.defer(() => cluster.stop());
    await cluster.startCoordinator();
    await prepare(node, nodes.gateway);
    await node.write(
      '/root/join.token',
      await mustRun('uvsctl', ['--credential', cluster.credential, 'join-tokens', 'create', '--uses', '1']),
      '600',
    );
    const joined = new JoinedNode(stack, node, cluster, nodes.gateway);
    const env = { UVS_NODE: `${runtime}/bin/node` };
    await node.exec([programPath('uvs-agent'), 'join', '--token-file', '/root/join.token', '--hostname', 'node1', '--roles', 'osd'], {
      env,
    });
    await joined.startAgent();
    await cluster.waitReady();
    return joined;
  }

  async startAgent(): Promise<void> {
    const setenv = `--setenv=UVS_NODE=${runtime}/bin/node`;
    await this.node.must(['systemd-run', '--quiet', '--unit=agent', setenv, '--', programPath('uvs-agent'), 'run']);
  }

  async stopAgent(): Promise<void> {
    await this.node.must(['systemctl', 'kill', '--signal=SIGTERM', 'agent']);
    await this.node.sh('while systemctl is-active --quiet agent; do sleep 0.1; done; systemctl reset-failed agent 2>/dev/null; true');
  }

  /** Waits until `uvsctl settings show` says so. */
  async showsSettings(what: string, expected: RegExp): Promise<void> {
    let printed = '';
    const isShown = async (): Promise<boolean> => expected.test((printed = await this.cluster.uvsctlOk('settings', 'show')));
    await eventually(what, isShown, SETTLED_MS).catch((cause: unknown) => {
      throw new Error(`${what}, not:\n${printed}`, { cause });
    });
  }

  async agentLog(): Promise<string> {
    return (await this.node.exec(['journalctl', '-u', 'agent', '-n', '40', '-o', 'cat'])).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}
