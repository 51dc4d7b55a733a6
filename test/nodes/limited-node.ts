import { eventually } from '../support/eventually.ts';
import type { SandboxCluster } from '../support/sandbox-cluster.ts';
import type { BootedNode } from './booted-node.ts';
import type { JoinedNode } from './joined-node.ts';

/** The first of the two services that stand for OSDs. */
export const osd = 'ceph-osd@3.service';

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
  readonly node: BootedNode;
  readonly cluster: SandboxCluster;

  constructor({ node, cluster }: JoinedNode) {
    this.node = node;
    this.cluster = cluster;
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
