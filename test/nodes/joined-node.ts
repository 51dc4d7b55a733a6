import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { programPath } from '../support/programs.ts';
import { SandboxCluster } from '../support/sandbox-cluster.ts';
import { BootedNodes } from './booted-nodes.ts';
import type { BootedNode } from './booted-node.ts';
import { agentBinds } from './updated-node.ts';

const runtime = agentBinds[1] ?? '';
const AGENT_METRICS = 9301;
/** Longer than an NTP server may leave an agent waiting. */
const SETTLED_MS = 90_000;

/** A booted node whose agent has joined a cluster with a coordinator on this machine, and others if wanted. */
export class JoinedNode implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly node: BootedNode;
  readonly others: readonly BootedNode[];
  readonly cluster: SandboxCluster;
  /** This machine's address for the node. */
  readonly gateway: string;

  private constructor(stack: AsyncDisposableStack, nodes: readonly BootedNode[], cluster: SandboxCluster, gateway: string) {
    const [node, ...others] = nodes;
    if (node === undefined) throw new Error('one node was asked for');
    this.#stack = stack;
    this.node = node;
    this.others = others;
    this.cluster = cluster;
    this.gateway = gateway;
  }

  /**
   * @param prepare does what is to be there before the agent
   * @param of.roles of node1, node2 and so on
   * @param of.binds of this machine that nodes see besides the agent, as for BootedNodes
   */
  static async start(
    prepare: (node: BootedNode, gateway: string) => Promise<void>,
    of: { readonly roles?: readonly string[]; readonly binds?: readonly string[] } = {},
  ): Promise<JoinedNode> {
    const { roles = ['osd'], binds = [] } = of;
    const stack = new AsyncDisposableStack();
    const dir = mkdtempSync(join(tmpdir(), 'uvs-joined-'));
    stack.defer(() => rmSync(dir, { recursive: true, force: true }));
    const { nodes, gateway } = stack.use(await BootedNodes.start(roles.length, { binds: [...agentBinds, ...binds] }));
    const members = nodes.map(({ name }, at) => ({ hostname: name, roles: [roles[at] ?? ''] }));
    const cluster = new SandboxCluster({ dir, nodes: members, host: gateway });
    stack.defer(() => cluster.stop());
    await cluster.startCoordinator();
    const token = await cluster.uvsctlOk('join-tokens', 'create', '--uses', String(nodes.length));
    const env = { UVS_NODE: `${runtime}/bin/node` };
    for (const [at, node] of nodes.entries()) {
      await node.write('/etc/uvs/agent.toml', `[metrics]\nlisten = "${node.address}:${AGENT_METRICS}"\n`);
      await prepare(node, gateway);
      await node.write('/root/join.token', token, '600');
      const as = ['--hostname', node.name, '--roles', roles[at] ?? ''];
      await node.must([programPath('uvs-agent'), 'join', '--token-file', '/root/join.token', ...as], { env });
    }
    const joined = new JoinedNode(stack, nodes, cluster, gateway);
    for (const node of nodes) await joined.startAgent(node);
    await cluster.waitReady();
    return joined;
  }

  async startAgent(node = this.node): Promise<void> {
    const setenv = `--setenv=UVS_NODE=${runtime}/bin/node`;
    await node.must(['systemd-run', '--quiet', '--unit=agent', setenv, '--', programPath('uvs-agent'), 'run']);
  }

  async stopAgent(): Promise<void> {
    await this.node.must(['systemctl', 'kill', '--signal=SIGTERM', 'agent']);
    await this.node.sh('while systemctl is-active --quiet agent; do sleep 0.1; done; systemctl reset-failed agent 2>/dev/null; true');
  }

  /** Waits until `uvsctl settings show` says so of a node. */
  async showsSettings(what: string, expected: RegExp, node = this.node): Promise<void> {
    let printed = '';
    const isShown = async (): Promise<boolean> =>
      expected.test((printed = await this.cluster.uvsctlOk('settings', 'show', '--node', node.name)));
    await eventually(what, isShown, SETTLED_MS).catch((cause: unknown) => {
      throw new Error(`${what}, not:\n${printed}`, { cause });
    });
  }

  /** The value of a metric of a node's agent; undefined: it has none of the name. */
  async agentMetric(name: string, node = this.node): Promise<number | undefined> {
    return await metricAt(`${node.address}:${AGENT_METRICS}`, name);
  }

  /** The same of the coordinator. */
  async coordinatorMetric(name: string): Promise<number | undefined> {
    const config = readFileSync(join(this.cluster.dir, 'c1', 'coordinator.toml'), 'utf8');
    return await metricAt(/^\[metrics\]\nlisten = "(.*)"$/mu.exec(config)?.[1] ?? '', name);
  }

  async agentLog(): Promise<string> {
    return (await this.node.exec(['journalctl', '-u', 'agent', '-n', '40', '-o', 'cat'])).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

async function metricAt(address: string, name: string): Promise<number | undefined> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}
