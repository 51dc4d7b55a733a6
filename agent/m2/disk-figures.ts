import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readTextIfThere } from '../files/reading.ts';
import type { ProgramResult, ProgramRun } from '../os/run-program.ts';
import { bytesWritten, parseHealth, unknownHealth, type DiskHealth } from './disk-health.ts';
import { mountAt, MOUNT_POINT } from './observe.ts';

/** Asking a disk wakes it, and starts a program. */
const HEALTH_MS = 600_000;

export interface DiskFigures {
  /** Undefined where the root is on no disk of its own, as in a container. */
  readonly rootBytesWritten: number | undefined;
  readonly ssd: DiskHealth;
}

export interface DiskFiguresParts {
  /** Where /proc and /sys are. */
  readonly root: string;
  readonly run: (program: ProgramRun) => Promise<Pick<ProgramResult, 'stdout'>>;
  /** Monotonic. */
  readonly nowMs: () => number;
}

/** Figures of the root's disk and of the SSD, for whoever asks as often as he likes. */
export function diskFigures({ root: at, run, nowMs }: DiskFiguresParts): () => Promise<DiskFigures> {
  let health = unknownHealth;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const mountInfo = await readFile(join(at, 'proc/self/mountinfo'), 'utf8');
    const ssd = await diskOf(at, mountAt(mountInfo, MOUNT_POINT)?.device);
    if (ssd === undefined) health = unknownHealth;
    else if (nowMs() - askedAtMs >= HEALTH_MS) {
      askedAtMs = nowMs();
      health = await askHealth(run, `/dev/${basename(ssd)}`);
    }
    const root = await diskOf(at, mountAt(mountInfo, '/')?.device);
    const stat = root === undefined ? undefined : await readTextIfThere(join(root, 'stat'));
    return { rootBytesWritten: stat === undefined ? undefined : bytesWritten(stat), ssd: health };
  };
}

async function askHealth(run: DiskFiguresParts['run'], device: string): Promise<DiskHealth> {
  try {
    // its exit code tells of the disk, too, and there is JSON all the same
    return parseHealth(
      (await run({ program: 'smartctl', args: ['--json', '--health', '--attributes', '--log=devstat', device], from: 'smartmontools' }))
        .stdout,
    );
  } catch {
    return unknownHealth;
  }
}

/** Directory in /sys of the whole disk that a device is, or is a partition of. */
async function diskOf(root: string, device: string | undefined): Promise<string | undefined> {
  if (device === undefined) return undefined;
  const directory = await realpath(join(root, 'sys/dev/block', device)).catch(() => undefined);
  if (directory === undefined) return undefined;
  return (await readTextIfThere(join(directory, 'partition'))) === undefined ? directory : dirname(directory);
}
