/** A parameter of the kernel that may be set (sysctl(8)), a closed list: none can make anything run, take a node off its network, or weaken what it lets in. */
export interface SysctlKey {
  /** One sentence. */
  readonly about: string;
  /** Bounds of each of its numbers, both allowed. */
  readonly least: number;
  readonly most: number;
  /** How many numbers it takes. */
  readonly numbers: 1 | 3;
}

const MIB = 1024 ** 2;

export const sysctlKeys = {
  'net.core.rmem_max': { about: 'Bytes that a socket may ask for to receive into.', least: 65_536, most: 256 * MIB, numbers: 1 },
  'net.core.wmem_max': { about: 'Bytes that a socket may ask for to send from.', least: 65_536, most: 256 * MIB, numbers: 1 },
  'net.core.netdev_max_backlog': {
    about: 'Packets that wait for a CPU when they come in faster than it takes them.',
    least: 100,
    most: 1_000_000,
    numbers: 1,
  },
  'net.core.somaxconn': { about: 'Connections that may wait for a daemon to accept them.', least: 128, most: 65_535, numbers: 1 },
  'net.ipv4.tcp_rmem': {
    about: 'Bytes of a TCP connection’s receive buffer: least, at first, at most.',
    least: 4096,
    most: 256 * MIB,
    numbers: 3,
  },
  'net.ipv4.tcp_wmem': {
    about: 'Bytes of a TCP connection’s send buffer: least, at first, at most.',
    least: 4096,
    most: 256 * MIB,
    numbers: 3,
  },
  'net.ipv4.tcp_max_syn_backlog': { about: 'Connections that may be half open for one listener.', least: 128, most: 65_535, numbers: 1 },
  'net.ipv4.tcp_slow_start_after_idle': {
    about: 'Whether (1) a connection that was idle begins slowly again; 0 keeps OSDs’ connections at speed.',
    least: 0,
    most: 1,
    numbers: 1,
  },
  'net.ipv4.tcp_mtu_probing': {
    about: 'Whether TCP finds out by itself how large packets may be: 0 never, 1 once packets vanish, 2 always.',
    least: 0,
    most: 2,
    numbers: 1,
  },
  'net.ipv4.tcp_keepalive_time': {
    about: 'Seconds after which an idle connection is asked whether its peer is still there.',
    least: 30,
    most: 7200,
    numbers: 1,
  },
  'net.ipv4.tcp_fin_timeout': {
    about: 'Seconds for which a closed connection waits for its peer to close it too.',
    least: 5,
    most: 120,
    numbers: 1,
  },
  'fs.aio-max-nr': {
    about: 'Asynchronous reads and writes that may be under way at once; each OSD takes thousands.',
    least: 65_536,
    most: 16_777_216,
    numbers: 1,
  },
  'kernel.pid_max': {
    about: 'Highest number of a process or thread; Ceph’s daemons have many threads.',
    least: 32_768,
    most: 4_194_304,
    numbers: 1,
  },
  'vm.swappiness': {
    about: 'How readily memory is swapped out rather than page cache dropped: 0 hardly ever, 100 alike.',
    least: 0,
    most: 100,
    numbers: 1,
  },
  'vm.min_free_kbytes': { about: 'KiB kept free for packets and writes that can’t wait.', least: 1024, most: 262_144, numbers: 1 },
  'vm.dirty_background_ratio': {
    about: 'Percent of memory with unwritten data at which writing begins in the background.',
    least: 1,
    most: 50,
    numbers: 1,
  },
  'vm.dirty_ratio': { about: 'Percent of memory with unwritten data at which whoever writes has to wait.', least: 2, most: 80, numbers: 1 },
} as const satisfies Readonly<Record<string, SysctlKey>>;

export type SysctlName = keyof typeof sysctlKeys;

/** Of parameters that the kernel has twice, in other units, the other one: whichever is written last makes the other 0. */
export const sysctlTwins: Readonly<Partial<Record<SysctlName, string>>> = {
  'vm.dirty_background_ratio': 'vm.dirty_background_bytes',
  'vm.dirty_ratio': 'vm.dirty_bytes',
};

export function isSysctlName(text: string): text is SysctlName {
  return Object.hasOwn(sysctlKeys, text);
}

export const sysctlNames: readonly SysctlName[] = Object.keys(sysctlKeys).filter(isSysctlName);

/** Sets of parameters that go together, by name. */
export const sysctlProfiles = {
  /** TCP between OSDs and clients on links of 1 to 10 Gbit/s, on nodes with one or two GiB of memory: buffers grow only where a connection needs it. */
  storage: new Map<SysctlName, string>([
    ['net.core.rmem_max', '16777216'],
    ['net.core.wmem_max', '16777216'],
    ['net.ipv4.tcp_rmem', '4096 131072 16777216'],
    ['net.ipv4.tcp_wmem', '4096 65536 16777216'],
    ['net.core.netdev_max_backlog', '5000'],
    ['net.core.somaxconn', '4096'],
    ['net.ipv4.tcp_max_syn_backlog', '4096'],
    ['net.ipv4.tcp_slow_start_after_idle', '0'],
    ['net.ipv4.tcp_mtu_probing', '1'],
    ['net.ipv4.tcp_keepalive_time', '600'],
  ]),
  /** For nodes that are not to have what a wider scope says. */
  none: new Map<SysctlName, string>(),
} as const;

export type SysctlProfile = keyof typeof sysctlProfiles;

export function isSysctlProfile(text: string): text is SysctlProfile {
  return Object.hasOwn(sysctlProfiles, text);
}
