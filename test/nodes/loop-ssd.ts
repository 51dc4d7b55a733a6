import type { Begun } from '../../agent/m2/plan.ts';
import { WRITTEN_BY_AGENT } from '../../agent/m2/units.ts';
import type { BootedNode } from './booted-node.ts';

const FILE = '/root/ssd';
const begun: Begun = {
  serial: 'LOOP',
  sizeBytes: 256 * 1024 * 1024,
  tableUuid: '',
  partUuid: '',
  uuid: 'aaaaaaaa-0000-4000-8000-000000000001',
  fileSystem: 'ext4',
  isDone: true,
};

/** Gives a booted node, which has no disks, a file that stands for the SSD, as if `uvs-agent m2 prepare` had set it up; that of a machine is in m2.slow.test.ts. */
export async function giveSsd(node: BootedNode): Promise<void> {
  const unit = `[Mount]\nWhat=${FILE}\nWhere=/m2\nType=${begun.fileSystem}\nOptions=loop\n`;
  await node.write('/etc/systemd/system/m2.mount', `${WRITTEN_BY_AGENT}\n${unit}`);
  await node.sh(`mknod /dev/loop-control c 10 237; for n in $(seq 0 63); do mknod /dev/loop$n b 7 $n; done
  truncate -s ${begun.sizeBytes} ${FILE}; mkfs.ext4 -q -F -U ${begun.uuid} ${FILE}; mkdir -p /m2; install -d -m 700 /var/lib/uvs-agent; systemctl daemon-reload`);
  await node.write('/var/lib/uvs-agent/m2.json', JSON.stringify(begun), '600');
}

/** As udev does, of which a booted node has none, it is known by its UUID then. */
export async function mountSsd(node: BootedNode): Promise<void> {
  await node.sh(`systemctl start m2.mount; mkdir -p /dev/disk/by-uuid
  ln -sfn ../../$(awk '$5 == "/m2" { sub(".*/", "", $(NF - 1)); print $(NF - 1) }' /proc/self/mountinfo) /dev/disk/by-uuid/${begun.uuid}`);
}
