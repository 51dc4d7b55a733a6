import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../files/errno.ts';
import type { Begun } from './plan.ts';
import { WRITTEN_BY_AGENT } from './units.ts';

/** What it takes to tell whether what is mounted is the SSD that was set up here, and will be at the next boot. */
export interface SeenMount {
  readonly begun: Begun | undefined;
  /** What is mounted, and what has the UUID, by the kernel's numbers; undefined: nothing is, nothing has. */
  readonly device: string | undefined;
  readonly ssd: string | undefined;
  /** Text of the mount unit; '': there is none. */
  readonly unit: string;
}

/** Why what is mounted is not the agent's own SSD, as a sentence; '': it is. */
export function whyNotOwn(mountPoint: string, { begun, device, ssd, unit }: SeenMount): string {
  if (device === undefined) return `${mountPoint} is not mounted: see uvs-agent m2 show`;
  if (begun?.isDone !== true) return `what is mounted on ${mountPoint} was not set up by uvs-agent m2 prepare`;
  if (device !== ssd) return `something else than the SSD is mounted on ${mountPoint}: it has not the UUID ${begun.uuid}`;
  if (unit.startsWith(WRITTEN_BY_AGENT)) return '';
  return `the agent's unit that mounts ${mountPoint} is gone: nothing would at the next boot`;
}

/** The device whose file system has a UUID, by udev's link. */
export async function deviceWith(uuid: string): Promise<string | undefined> {
  return await deviceAt(join('/dev/disk/by-uuid', uuid));
}

/** Major and minor number of what is there, as the kernel writes them: "259:1". */
export async function deviceAt(path: string): Promise<string | undefined> {
  try {
    const { rdev } = await stat(path);
    // of makedev(3), as far as Linux uses them: twelve bits, and twenty
    return `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >>> 12) & 0xfff00)}`;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
