import type { LimitName } from '../../common/limits/keys.ts';

/** The versions of control groups; a machine that mixes them has its controllers in version 1 (cgroups(7)). */
export type CgroupVersion = 1 | 2;

export interface CgroupFile {
  /** Its controller's folder in version 1; in version 2 there is one for all. */
  readonly controller: 'memory' | 'cpu' | 'blkio' | 'pids';
  readonly file: string;
}

/** systemd's period, where a unit says nothing else (CPUQuotaPeriodSec). */
const DEFAULT_PERIOD_US = 100_000;

const version1: Partial<Readonly<Record<LimitName, readonly CgroupFile[]>>> = {
  MemoryMax: [{ controller: 'memory', file: 'memory.limit_in_bytes' }],
  CPUWeight: [{ controller: 'cpu', file: 'cpu.shares' }],
  CPUQuota: [
    { controller: 'cpu', file: 'cpu.cfs_quota_us' },
    { controller: 'cpu', file: 'cpu.cfs_period_us' },
  ],
  IOWeight: [
    { controller: 'blkio', file: 'blkio.weight' },
    { controller: 'blkio', file: 'blkio.bfq.weight' },
  ],
  TasksMax: [{ controller: 'pids', file: 'pids.max' }],
};
const version2: Partial<Readonly<Record<LimitName, readonly CgroupFile[]>>> = {
  MemoryMax: [{ controller: 'memory', file: 'memory.max' }],
  MemoryHigh: [{ controller: 'memory', file: 'memory.high' }],
  CPUWeight: [{ controller: 'cpu', file: 'cpu.weight' }],
  CPUQuota: [{ controller: 'cpu', file: 'cpu.max' }],
  IOWeight: [
    { controller: 'blkio', file: 'io.weight' },
    { controller: 'blkio', file: 'io.bfq.weight' },
  ],
  TasksMax: [{ controller: 'pids', file: 'pids.max' }],
};

/** The files that a limit can be read back from; empty: this version has none for it. Which of several weights there is depends on the kernel. */
export function filesOf(name: LimitName, version: CgroupVersion): readonly CgroupFile[] {
  return (version === 1 ? version1 : version2)[name] ?? [];
}

/** What a control group says of a limit. `none`: nothing limits; undefined: it says nothing that could be understood. */
export type Said = number | 'none' | undefined;

/**
 * Reads a limit out of the files of a control group, in the unit of its key.
 * @param texts by file name, of those that are there
 */
export function saidOf(name: LimitName, version: CgroupVersion, texts: ReadonlyMap<string, string>): Said {
  const text = (file: string): string => texts.get(file)?.trim() ?? '';
  switch (name) {
    case 'MemoryMax':
    case 'MemoryHigh':
      return bytesSaid(text(filesOf(name, version)[0]?.file ?? ''));
    case 'TasksMax':
      return text('pids.max') === 'max' ? 'none' : whole(text('pids.max'));
    case 'CPUQuota':
      return version === 1 ? quotaSaid(text('cpu.cfs_quota_us'), text('cpu.cfs_period_us')) : quotaSaid(...halves(text('cpu.max')));
    case 'CPUWeight':
      return version === 1 ? whole(text('cpu.shares')) : whole(text('cpu.weight'));
    case 'IOWeight':
      return whole(
        text(weightFile(version, texts) ?? '')
          .replace(/^default /, '')
          .split('\n', 1)[0] ?? '',
      );
    case 'OOMScoreAdjust':
    case 'LimitNOFILE':
      return undefined; // of a process
  }
}

/** Whether the weight that is read is that of the BFQ scheduler; a kernel may have both files. */
export function isWeightOfBfq(version: CgroupVersion, texts: ReadonlyMap<string, string>): boolean {
  return weightFile(version, texts)?.includes('bfq') ?? false;
}

/**
 * What a control group has to say where a limit holds, as `saidOf` gives it: weights of version 1 are on other scales (systemd's cgroup-util, "cgroup weight
 * conversions").
 * @param number in the unit of its key; undefined: no limit
 * @param hasBfq whether the weight is that of the BFQ scheduler
 */
export function expectedOf(name: LimitName, version: CgroupVersion, number: number | undefined, hasBfq: boolean): readonly Said[] {
  if (number === undefined) return ['none'];
  if (name === 'MemoryMax' || name === 'MemoryHigh') return [...PAGES.map((page) => number - (number % page)), number];
  if (name === 'CPUWeight' && version === 1) return [clamp(Math.floor((number * 1024) / 100), 2, 262_144)];
  if (name !== 'IOWeight') return [number];
  const raw = version === 1 ? clamp(Math.floor((number * 500) / 100), 10, 1000) : number;
  return [hasBfq ? bfq(raw) : raw];
}

/** The kernel rounds a limit down to whole pages of its own, which on arm64 may be of any of these (a Raspberry Pi 5: 16 KiB). */
const PAGES = [4096, 16_384, 65_536];
/** Above this version 1 means that there is no limit: the largest number, in whole pages. */
const NO_LIMIT_V1 = 2 ** 62;

function weightFile(version: CgroupVersion, texts: ReadonlyMap<string, string>): string | undefined {
  return filesOf('IOWeight', version)
    .map(({ file }) => file)
    .find((file) => (texts.get(file) ?? '') !== '');
}

function bytesSaid(text: string): Said {
  if (text === 'max') return 'none';
  const number = whole(text);
  return number !== undefined && number >= NO_LIMIT_V1 ? 'none' : number;
}

function quotaSaid(quota: string, period: string): Said {
  if (quota === 'max' || quota === '-1') return 'none';
  const [us, ofUs] = [whole(quota), whole(period) ?? DEFAULT_PERIOD_US];
  return us === undefined ? undefined : Math.round((us * 100) / ofUs);
}

function halves(text: string): [string, string] {
  const [first = '', second = ''] = text.split(' ');
  return [first, second];
}

function whole(text: string): number | undefined {
  return /^\d{1,20}$/.test(text) ? Number(text) : undefined;
}

function clamp(number: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, number));
}

function bfq(weight: number): number {
  return weight <= 100 ? weight : Math.floor(100 + ((weight - 100) * 900) / 9900);
}
