import { existsSync } from 'node:fs';
import { eventually } from '../support/eventually.ts';
import type { SandboxCluster } from '../support/sandbox-cluster.ts';
import type { BootedNode } from './booted-node.ts';
import { whyNoBootedNodes } from './booted-nodes.ts';
import type { JoinedNode } from './joined-node.ts';
import { agentBinds } from './updated-node.ts';

/** The first of the two services that stand for OSDs. */
export const osd = 'ceph-osd@3.service';

/** Where the runtime is, on nodes as on this machine. */
export const runtime = agentBinds[1] ?? '';
/** The scope of limits that are set for the one node. */
export const onNode = ['--node', 'node1', '--reason', 'a test'];

/** Why limits can't be looked at here; an error where the machine decides. Where systemd has version 2 alone, as on Debian's own kernels, nodes share it. */
export function whyNoLimits(): string | undefined {
  const isVersion2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const whyNot =
    whyNoBootedNodes() ?? (isVersion2 ? 'this looks at control groups of version 1: make test-cgroups has version 2' : undefined);
  if (whyNot !== undefined && process.env['CI'] === 'true') throw new Error(whyNot);
  return whyNot;
}

/** Files of a control group of version 1 that limits are in; which of the weights of I/O there is depends on the kernel. */
const files = [
  'memory/memory.limit_in_bytes',
  'cpu/cpu.shares',
  'cpu/cpu.cfs_quota_us',
  'blkio/blkio.weight',
  'blkio/blkio.bfq.weight',
  'pids/pids.max',
];

/** Looks at limits of a node whose control groups are of version 1. */
export class LimitedNode {
  readonly #joined: JoinedNode;
  readonly node: BootedNode;
  readonly cluster: SandboxCluster;

  constructor(joined: JoinedNode) {
    this.#joined = joined;
    this.node = joined.node;
    this.cluster = joined.cluster;
  }

  /** Has the agent look at once, as it does at its start. */
  async lookAgain(): Promise<void> {
    await this.#joined.stopAgent();
    await this.#joined.startAgent();
  }

  async property(name: string, unit: string): Promise<string> {
    return await this.node.must(['systemctl', 'show', '-P', name, unit]);
  }

  /** What the kernel has for a service. */
  async kernel(controller: string, file: string, unit = osd): Promise<string> {
    return await this.node.sh(`cat '/sys/fs/cgroup/${controller}${await this.property('ControlGroup', unit)}/${file}'`);
  }

  /** All that the kernel has for a service, by file; a controller that nobody asked for need not be there. */
  async allOf(unit: string): Promise<ReadonlyMap<string, string>> {
    const group = await this.property('ControlGroup', unit);
    const script = files.map((file) => {
      const [controller = '', name = ''] = file.split('/');
      return `echo "${file} $(cat '/sys/fs/cgroup/${controller}${group}/${name}' 2>/dev/null)"`;
    });
    const lines = (await this.node.sh(script.join('\n'))).split('\n').map((line) => line.split(' '));
    return new Map(lines.flatMap(([file = '', value = '']) => (value === '' ? [] : [[file, value] as const])));
  }

  async mainPid(unit = osd): Promise<string> {
    return await this.property('MainPID', unit);
  }

  /** Every directory of drop-ins that systemd reads. */
  async dropInDirectories(): Promise<string> {
    return await this.node.sh("find /etc/systemd /run/systemd -name '*.d' -not -path '/run/systemd/journal*' | sort");
  }

  async shows(what: string, expected: RegExp): Promise<string> {
    let printed = '';
    await eventually(what, async () => expected.test((printed = await this.cluster.uvsctlOk('limits', 'show'))), 30_000).catch(
      (cause: unknown) => {
        throw new Error(`${what}, not:\n${printed}`, { cause });
      },
    );
    return printed;
  }

  async set(...limits: readonly string[]): Promise<void> {
    await this.cluster.uvsctlOk('limits', 'set', 'ceph-osd@*', ...limits, '--role', 'osd', '--reason', 'a test');
  }
}
