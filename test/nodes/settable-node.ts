import { existsSync } from 'node:fs';
import type { BootedNode } from './booted-node.ts';

const needed = ['/usr/lib/systemd/systemd-timesyncd', '/usr/share/zoneinfo/Asia/Tokyo'];

/** The distribution's own does not start in a container. Nothing of a booted node may set the clock, and this one has no right to try. */
const timesyncd = `[Service]
Type=notify
BusName=org.freedesktop.timesync1
User=systemd-timesync
RuntimeDirectory=systemd/timesync
StateDirectory=systemd/timesync
ExecStart=/usr/lib/systemd/systemd-timesyncd
`;

/** Says what a node would lack for settings; undefined: nothing. */
export function whyNotSettable(): string | undefined {
  const missing = needed.filter((path) => !existsSync(path));
  return missing.length === 0 ? undefined : `missing files: ${missing.join(', ')}`;
}

/** Has a booted node take settings: its own time zone, an NTP client that can be started, parameters of its network that can be written. */
export async function makeSettable(node: BootedNode): Promise<void> {
  await node.sh('rm -f /etc/systemd/system/systemd-timesyncd.service; ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime');
  await node.write('/etc/systemd/system/systemd-timesyncd.service', timesyncd);
  await node.must(['systemctl', 'daemon-reload']);
  // read-only in a container, though it is of the node's own network; nothing else of the kernel may be changed from there
  await node.sh('mount --bind /proc/sys/net /proc/sys/net && mount -o remount,bind,rw /proc/sys/net');
}
