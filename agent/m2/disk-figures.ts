import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readTextIfThere } from '../files/reading.ts';
import { runProgram } from '../os/run-program.ts';
import { bytesWritten, parseHealth, unknownHealth, type DiskHealth } from './disk-health.ts';
import { mountAt, MOUNT_POINT } from './observe.ts';

/** Asking a disk wakes it, and starts a program. */
const HEALTH_MS = 600_000;

export interface DiskFigures {
  /** Undefined where the root is on no disk of its own, as in a container. */
  readonly rootBytesWritten: number | undefined;
  readonly ssd: DiskHealth;
}

/** Figures of the root's disk and of the SSD, for whoever asks as often as he likes. @param nowMs monotonic */
export function diskFigures(nowMs: () => number): () => Promise<DiskFigures> {
  let health = unknownHealth;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const mountInfo = await readFile('/proc/self/mountinfo', 'utf8');
    const ssd = await diskOf(mountAt(mountInfo, MOUNT_POINT)?.device);
    if (ssd === undefined) health = unknownHealth;
    else if (nowMs() - askedAtMs >= HEALTH_MS) {
      askedAtMs = nowMs();
      health = await askHealth(`/dev/${basename(ssd)}`);
    }
    const root = await diskOf(mountAt(mountInfo, '/')?.device);
    const stat = root === undefined ? undefined : await readTextIfThere(join(root, 'stat'));
    return { rootBytesWritten: stat === undefined ? undefined : bytesWritten(stat), ssd: health };
  };
}

async function askHealth(device: string): Promise<DiskHealth> {
  try {
    // its exit code tells of the disk, too, and there is JSON all the same
    return parseHealth(
      (await runProgram({ program: 'smartctl', args: ['--json', '--health', '--attributes', device], from: 'smartmontools' })).stdout,
    );
  } catch {
    return unknownHealth;
  }
}

/** Directory in /sys of the whole disk that a device is, or is a partition of. */
async function diskOf(device: string | undefined): Promise<string | undefined> {
  if (device === undefined) return undefined;
  const directory = await realpath(join('/sys/dev/block', device)).catch(() => undefined);
  if (directory === undefined) return undefined;
  return (await readTextIfThere(join(directory, 'partition'))) === undefined ? directory : dirname(directory);
}
