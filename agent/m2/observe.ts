import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { toUvsError } from '../../common/errors.ts';
import { isErrno } from '../files/errno.ts';
import { parseMountInfo } from '../files/mount-table.ts';
import { readTextIfThere } from '../files/reading.ts';
import { UNIT_DIRECTORY } from '../os/unit-directory.ts';
import { storedAt } from '../stored.ts';
import { misalignment } from './alignment.ts';
import type { DirectoryProbe } from './directory-probe.ts';
import type { Begun } from './plan.ts';
import { m2Memory } from './memory.ts';
import { deviceWith, whyNotOwn } from './own-ssd.ts';
import { standingOf, type M2Observed } from './standing.ts';
import { escapePath } from './units.ts';
import type { M2Standing } from '../../common/m2-states.ts';

/** Where the SSD is mounted. */
export const MOUNT_POINT = '/m2';

/** Looks at /m2, and judges. @param statePath the agent's state directory. @param probe of /m2, for all looks of a program */
export async function m2Standing(statePath: string, probe: DirectoryProbe): Promise<M2Standing> {
  try {
    return standingOf(MOUNT_POINT, await observeM2(MOUNT_POINT, await m2Memory(statePath).read(), statePath, probe));
  } catch (error) {
    // a node that can't tell of its SSD tells all else
    return { state: 'lost', message: `how it stands with ${MOUNT_POINT} can't be told: ${toUvsError(error).message}` };
  }
}

/** Why what is mounted on /m2 is not the SSD that was set up here, as a sentence; '': it is. @param statePath the agent's state directory */
export async function whyNotOwnSsd(statePath: string): Promise<string> {
  const mount = mountAt(await readFile('/proc/self/mountinfo', 'utf8'), MOUNT_POINT);
  return await whyNotOwnOf(MOUNT_POINT, await m2Memory(statePath).read(), mount);
}

async function whyNotOwnOf(mountPoint: string, begun: Begun | undefined, mount: M2Observed['mount']): Promise<string> {
  return whyNotOwn(mountPoint, {
    begun,
    device: mount?.device,
    ssd: begun === undefined ? undefined : await deviceWith(begun.uuid),
    unit: (await readTextIfThere(join(UNIT_DIRECTORY, `${escapePath(mountPoint)}.mount`))) ?? '',
  });
}

/** Looks at /m2, in /proc and /sys and by listing it; starts no program. @param statePath where it is remembered that it was mounted in this boot */
async function observeM2(mountPoint: string, begun: Begun | undefined, statePath: string, probe: DirectoryProbe): Promise<M2Observed> {
  const isSetUp = begun?.isDone === true;
  const mount = mountAt(await readFile('/proc/self/mountinfo', 'utf8'), mountPoint);
  const blank = {
    isSetUp,
    mount,
    hasDevice: false,
    listing: '',
    errors: 0,
    wasMounted: false,
    misalignment: '',
    isOther: false,
    whyNotOwn: '',
  };
  if (begun === undefined || !isSetUp) return blank;
  const isSsd = mount !== undefined && mount.device === (await deviceWith(begun.uuid));
  const wasMounted = await rememberBoot(statePath, isSsd);
  if (mount === undefined) return { ...blank, wasMounted, hasDevice: await isThere('/dev/disk/by-uuid', begun.uuid) };
  const device = join('/sys/dev/block', mount.device);
  const uevent = await readTextIfThere(join(device, 'uevent'));
  const name = /^DEVNAME=(.+)$/m.exec(uevent ?? '')?.[1] ?? '';
  return {
    ...blank,
    wasMounted,
    hasDevice: uevent !== undefined,
    // of one that was pulled out neither number nor UUID is there; 0: what is on no disk
    isOther: !isSsd && (uevent !== undefined || mount.device.startsWith('0:')),
    whyNotOwn: await whyNotOwnOf(mountPoint, begun, mount),
    listing: await probe.problem(),
    errors: Number((await readTextIfThere(join('/sys/fs/ext4', basename(name), 'errors_count'))) ?? 0),
    misalignment: uevent === undefined ? '' : await misalignmentOf(device),
  };
}

/** The last mount on a point hides those before; of a file system that went read-only by an error the super block's options say so. */
export function mountAt(mountInfo: string, mountPoint: string): M2Observed['mount'] {
  const found = parseMountInfo(mountInfo).findLast(({ point }) => point === mountPoint);
  if (found === undefined) return undefined;
  const { device, options, superOptions } = found;
  return { device, isReadOnly: options.includes('ro') || superOptions.includes('ro') || superOptions.includes('shutdown') };
}

/** How a partition stands to its disk's units, as `misalignment` says it; '': aligned, or no partition. @param device its link in /sys/dev/block */
export async function misalignmentOf(device: string): Promise<string> {
  // a partition has its disk above it; so has no link to one
  const partition = await realpath(device);
  const number = async (path: string): Promise<number> => Number(((await readTextIfThere(join(partition, path))) ?? '0').trim());
  const start = await readTextIfThere(join(partition, 'start'));
  if (start === undefined) return '';
  const sectors = {
    logical: await number('../queue/logical_block_size'),
    physical: await number('../queue/physical_block_size'),
    optimal: await number('../queue/optimal_io_size'),
    offset: Math.max(0, await number('../alignment_offset')),
  };
  return misalignment(Number(start) * 512, sectors);
}

const schema = v.object({ bootId: v.string() });

async function rememberBoot(statePath: string, isMounted: boolean): Promise<boolean> {
  const stored = storedAt(statePath, 'm2-boot.json', schema, { instead: undefined });
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  if ((await stored.read())?.bootId === bootId) return true;
  // once a boot: the eMMC is spared
  if (isMounted) await stored.write({ bootId });
  return isMounted;
}

async function isThere(directory: string, name: string): Promise<boolean> {
  try {
    return (await readdir(directory)).includes(name);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
