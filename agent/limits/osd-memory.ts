import { describeLimit } from '../../common/limits/value.ts';

/**
 * How an OSD hears of its MemoryMax. Ceph (seen with 16.2.15) takes the limit of the root of its control groups, which is its own in a container and
 * nobody's in a service; it takes what POD_MEMORY_LIMIT says, too: osd_memory_target is then 0.8 of that where its configuration names none. It aborts
 * at its start where that is less than it takes at the least.
 */
const VARIABLE = 'POD_MEMORY_LIMIT';
/** osd_memory_target_cgroup_limit_ratio, unless ceph.conf has another; then nothing is told, as nobody knows what it comes to. */
const RATIO = 0.8;
const SMALLEST_TARGET = 896 * 1024 ** 2;
const OSD = /^ceph-osd@[^@]+\.service$/;

/** Bytes that a service is to be told as its limit; undefined: it is told nothing. @param memoryMax undefined: no limit */
export function podLimitFor(unit: string, memoryMax: number | undefined, isRatioSet: boolean): number | undefined {
  if (!OSD.test(unit) || memoryMax === undefined || isRatioSet) return undefined;
  return Math.floor(memoryMax * RATIO) >= SMALLEST_TARGET ? memoryMax : undefined;
}

/** A line of a unit, systemd.exec(5). */
export function podLimitLine(bytes: number): string {
  return `Environment=${VARIABLE}=${bytes}`;
}

/** What a process was told at its start. @param environ of /proc/PID/environ */
export function podLimitIn(environ: string): number | undefined {
  const text = environ.split('\0').find((entry) => entry.startsWith(`${VARIABLE}=`));
  const number = Number(text?.slice(VARIABLE.length + 1));
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Whether ceph.conf has its own ratio; Ceph takes spaces, underscores and dashes for the same. */
export function setsRatio(cephConf: string): boolean {
  return /^[ \t]*osd[ _-]memory[ _-]target[ _-]cgroup[ _-]limit[ _-]ratio[ \t]*=/mu.test(cephConf);
}

/** What comes of it, for people; '' where it is no OSD with a limit. */
export function describePodLimit(unit: string, memoryMax: number | undefined, podLimit: number | undefined): string {
  if (!OSD.test(unit) || memoryMax === undefined) return '';
  if (podLimit !== undefined)
    return `osd_memory_target is ${describeLimit('MemoryMax', Math.floor(podLimit * RATIO))} unless Ceph's configuration names one`;
  const least = describeLimit('MemoryMax', Math.ceil(SMALLEST_TARGET / RATIO));
  return memoryMax * RATIO < SMALLEST_TARGET
    ? `Ceph is not told of it, which takes ${least}: see that osd_memory_target is below it`
    : 'Ceph is not told of it, for ceph.conf has a ratio of its own: see that osd_memory_target is below it';
}
