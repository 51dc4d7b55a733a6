import type { FileSystem } from './policy.ts';

/** A file that systemd reads. */
export interface UnitFile {
  /** Below /etc/systemd/system. */
  readonly path: string;
  readonly text: string;
}

/** Longer no boot and no service waits for the disk. */
const DEVICE_WAIT_S = 10;
/** With it begins each unit that the agent writes for the SSD; files of earlier agents are known by it, so that it stays as it is. */
export const WRITTEN_BY_AGENT = '# Written by uvs-agent (docs/nodes.md, "The SSD on /m2")';
const DO_NOT_EDIT = `${WRITTEN_BY_AGENT}; it is written anew by \`uvs-agent m2 prepare\`.\n`;

/**
 * The units that mount a file system, the one that others need last. `nofail` keeps local-fs.target from being ordered behind it, and it is wanted, not
 * required, so that no boot ends in an emergency shell for it, systemd.mount(5). The device's own limit has to be in the device's unit: in a mount unit
 * systemd ignores x-systemd.device-timeout.
 */
export function mountUnits(mountPoint: string, uuid: string, fileSystem: FileSystem): readonly UnitFile[] {
  const device = `/dev/disk/by-uuid/${uuid}`;
  const deviceUnit = `${escapePath(device)}.device`;
  const name = escapePath(mountPoint);
  const onError = fileSystem === 'ext4' ? ',errors=remount-ro' : '';
  return [
    { path: `${deviceUnit}.d/50-uvs-m2.conf`, text: `${DO_NOT_EDIT}[Unit]\nJobRunningTimeoutSec=${DEVICE_WAIT_S}s\n` },
    {
      path: 'uvs-m2-trim.service',
      text: `${DO_NOT_EDIT}[Unit]
Description=Tell the SSD on ${mountPoint} which blocks are free
ConditionPathIsMountPoint=${mountPoint}

[Service]
Type=oneshot
ExecStart=/sbin/fstrim --quiet-unsupported ${mountPoint}
IOSchedulingClass=idle
Nice=19
`,
    },
    {
      path: 'uvs-m2-trim.timer',
      text: `${DO_NOT_EDIT}[Unit]
Description=Weekly fstrim of ${mountPoint}

[Timer]
OnCalendar=weekly
AccuracySec=1h
RandomizedDelaySec=6h
Persistent=true

[Install]
WantedBy=timers.target
`,
    },
    {
      path: `${name}.mount`,
      text: `${DO_NOT_EDIT}[Unit]
Description=The M.2 SSD on ${mountPoint}

[Mount]
What=${device}
Where=${mountPoint}
Type=${fileSystem}
Options=nofail,noatime,nodev,nosuid${onError}

[Install]
# by the device as well: one that shows up later than the boot waits for it, or is plugged in again, is mounted then
WantedBy=local-fs.target ${deviceUnit}
`,
    },
  ];
}

/** A path as systemd names units by it, systemd-escape(1) --path. */
export function escapePath(path: string): string {
  const trimmed = path.replaceAll(/\/+/g, '/').replaceAll(/^\/|\/$/g, '');
  if (trimmed === '') return '-';
  return [...Buffer.from(trimmed)]
    .map((byte, index) => {
      const character = String.fromCodePoint(byte);
      if (character === '/') return '-';
      const isPlain = /[A-Za-z0-9:_.]/.test(character) && !(index === 0 && character === '.');
      return isPlain ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
