import * as v from 'valibot';
import { eventually } from '../support/eventually.ts';
import type { BootedNode } from './booted-node.ts';

/** Where a node sees the programs of this machine, for BootedNodes. */
export const hostPrograms = '/usr:/host/usr';
/** Of the monitor, where Ceph keeps it. */
export const STORE = '/var/lib/ceph/mon/ceph-a';
const UP_MS = 120_000;
const FSID = 'aaaaaaaa-0000-4000-8000-00000000ceff';
const OSD_UUID = 'aaaaaaaa-0000-4000-8000-0000000005d0';

/** One that is alone, and has a file for a disk; all else as Ceph has it by itself, the control of its caches' size among it. */
const conf = `[global]
fsid = ${FSID}
mon_host = 127.0.0.1
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
auth_allow_insecure_global_id_reclaim = false
bluestore_block_size = 1G
`;

/** Keys and the monitor's first store. */
const makeMonitor = `install -d -o ceph -g ceph /run/ceph /var/log/ceph /var/lib/ceph /var/lib/ceph/crash ${STORE} /var/lib/ceph/osd/ceph-0
cd /etc/ceph
ceph-authtool --create-keyring ceph.client.admin.keyring --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *'
ceph-authtool --create-keyring all --gen-key -n mon. --cap mon 'allow *'
ceph-authtool all --import-keyring ceph.client.admin.keyring
monmaptool --create --fsid ${FSID} --addv a '[v2:127.0.0.1:3300,v1:127.0.0.1:6789]' monmap
chown ceph all monmap
ceph-mon --mkfs -i a --monmap monmap --keyring all --setuser ceph --setgroup ceph
systemctl start ceph-mon@a`;

const makeOsd = `cd /var/lib/ceph/osd/ceph-0
ceph --connect-timeout 60 osd new ${OSD_UUID} 0
ceph auth get-or-create osd.0 mon 'allow profile osd' osd 'allow *' -o keyring
chown ceph:ceph keyring
ceph-osd -i 0 --mkfs --osd-uuid ${OSD_UUID} --setuser ceph --setgroup ceph
systemctl start ceph-osd@0`;

/** A real monitor and a real OSD on a booted node, as services by the units that Ceph ships. */
export class CephNode {
  readonly node: BootedNode;

  /** @param node sees `hostPrograms` */
  constructor(node: BootedNode) {
    this.node = node;
  }

  /** Makes both and starts them. */
  async make(): Promise<void> {
    const { node } = this;
    // what the node lacks is this machine's, Ceph's units among it; of what both have the node's own counts
    await node.sh('mount -t overlay overlay -o lowerdir=/usr:/host/usr /usr && systemctl daemon-reload');
    await node.write('/etc/ceph/ceph.conf', conf);
    await node.sh(`set -e\n${makeMonitor}`, { deadlineMs: UP_MS });
    await node.sh(`set -e\n${makeOsd}`, { deadlineMs: UP_MS });
    await this.untilUp();
  }

  /** Runs a command as client.admin. @throws where it fails, with what it said */
  async ceph(...command: readonly string[]): Promise<string> {
    return await this.node.must(['ceph', '--connect-timeout', '20', ...command]);
  }

  /** Waits until the OSD serves, and its monitor says so. */
  async untilUp(): Promise<void> {
    const isUp = async (): Promise<boolean> => {
      const { code, stdout } = await this.node.exec(['ceph', '--connect-timeout', '5', '--format', 'json', 'osd', 'stat']);
      return code === 0 && v.parse(v.object({ num_up_osds: v.number() }), JSON.parse(stdout)).num_up_osds === 1;
    };
    await eventually('the OSD is up', isUp, UP_MS).catch(async (cause: unknown) => {
      throw new Error(`the OSD is not up:\n${await this.log()}`, { cause });
    });
  }

  /** What the OSD aims at, in bytes, by its own word. */
  async memoryTarget(): Promise<number> {
    let answer = '';
    const hasAnswered = async (): Promise<boolean> => {
      const { code, stdout } = await this.node.exec(['ceph', 'daemon', 'osd.0', 'config', 'get', 'osd_memory_target']);
      answer = stdout;
      return code === 0;
    };
    await eventually('the OSD answers', hasAnswered, UP_MS);
    return Number(v.parse(v.object({ osd_memory_target: v.string() }), JSON.parse(answer)).osd_memory_target);
  }

  async mainPid(unit: string): Promise<string> {
    return await this.node.must(['systemctl', 'show', '-P', 'MainPID', unit]);
  }

  /** The last that both have said, for a failure's report. */
  async log(): Promise<string> {
    return (await this.node.exec(['journalctl', '-u', 'ceph-*', '-n', '60', '-o', 'cat'])).stdout;
  }
}
