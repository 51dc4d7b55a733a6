import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { residentBytes } from '../resident-bytes.ts';

/** What an installation cost. */
export interface Cost {
  /** To the end of the sync of the target's file system. */
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Of all its processes together, as sampled; shared pages count for each. */
  readonly peakRssBytes: number;
  /** By the device's own count. */
  readonly writtenBytes: number;
}

export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Block device that is written, e.g. "loop7". */
  readonly device: string;
  /** A service that does the work for the command: its cost counts too. */
  readonly servicePid?: number;
}

const SAMPLE_MS = 20;
const OUTPUT_CHARACTERS = 4_000;
const SECTOR_BYTES = 512;
/** USER_HZ of every Linux that Node runs on. */
const TICK_MS = 10;
/** The shell waits for the command, so that the kernel adds its time to the shell's, which is read before it goes. */
const SCRIPT = '"$@"; status=$?; cat /proc/$$/stat >&3; exit $status';

/** Runs a command to its end, then syncs all disks, and measures both. @throws Error with the end of its output where it fails */
export async function measureCost({ argv, cwd, env, device, servicePid }: Command): Promise<Cost> {
  const writtenBefore = sectorsWritten(device);
  const serviceBefore = servicePid === undefined ? 0 : cpuTicks(servicePid);
  const startedMs = performance.now();
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', ...argv], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let account = '';
  let output = '';
  const [, out, err, third] = child.stdio;
  third?.on('data', (chunk: Buffer) => (account += chunk.toString()));
  for (const stream of [out, err]) stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-OUTPUT_CHARACTERS)));
  let peakRssBytes = 0;
  const watched = [child.pid, servicePid].filter((pid) => pid !== undefined);
  const sampler = setInterval(() => {
    peakRssBytes = Math.max(
      peakRssBytes,
      watched.reduce((sum, pid) => sum + residentBytes(pid), 0),
    );
  }, SAMPLE_MS);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.on('error', reject).on('close', resolve);
    const code = await promise;
    if (code !== 0) throw new Error(`${argv.join(' ')} exited ${code ?? 'by a signal'}: ${output}`);
  } finally {
    clearInterval(sampler);
  }
  execFileSync('sync');
  const wallMs = performance.now() - startedMs;
  const serviceTicks = servicePid === undefined ? 0 : cpuTicks(servicePid) - serviceBefore;
  return {
    wallMs,
    cpuMs: (ticksOf(account) + serviceTicks) * TICK_MS,
    peakRssBytes,
    writtenBytes: (sectorsWritten(device) - writtenBefore) * SECTOR_BYTES,
  };
}

/** So that every contender reads its input, and its own program, from the disk; as root on Linux only. */
export function dropCaches(): void {
  execFileSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}

/** Field 7 of /sys/block/DEVICE/stat. */
function sectorsWritten(device: string): number {
  return Number(readFileSync(`/sys/block/${device}/stat`, 'utf8').trim().split(/\s+/u)[6]);
}

function cpuTicks(pid: number): number {
  return ticksOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** Fields 14 to 17 of proc_pid_stat(5), of the process and of the children it waited for; its name before them may hold blanks. */
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}
