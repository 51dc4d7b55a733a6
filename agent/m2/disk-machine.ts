import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { syncDirectory, writeFileAtomically } from '../../common/atomic-file.ts';
import { UvsError } from '../../common/errors.ts';
import { mkdirs } from '../files/disk.ts';
import { isErrno } from '../files/errno.ts';
import { parseMountInfo, type MountInfo } from '../files/mount-table.ts';
import { readTextIfThere } from '../files/reading.ts';
import { runProgram } from '../os/run-program.ts';
import { reloadUnits, systemctlBy } from '../os/systemctl.ts';
import { UNIT_DIRECTORY } from '../os/unit-directory.ts';
import type { Disk } from './disk.ts';
import { contentsOf } from './disk-contents.ts';
import { holdDisk } from './held-disk.ts';
import { LSBLK_ARGUMENTS, parseLsblk, type BesideLsblk } from './lsblk.ts';
import { isInFstab, type AtMountPoint } from './mount-point.ts';
import type { M2Machine } from './ports.ts';
import { runChecked } from './run-checked.ts';
import { foreignUnits, UNIT_DIRECTORIES } from './unit-owners.ts';
import { escapePath, mountUnits } from './units.ts';

/** Longer udev does not take to find a partition. */
const APPEAR_MS = 20_000;
const START_MS = 60_000;

/** This machine, by util-linux, mkfs and systemd. */
export const diskMachine: M2Machine = {
  disks,
  hold: async (disk, isBlank) => await holdDisk(disk, isBlank, disks),
  contentsOf: async (disk) => await contentsOf(`/dev/${disk.name}`, disk),
  partition: async (disk, startBytes, begun) => {
    const table = [
      'label: gpt',
      `label-id: ${begun.tableUuid}`,
      `start=${startBytes / disk.sectors.logical}, type=linux, name="uvs-m2", uuid=${begun.partUuid}`,
    ];
    // old signatures would be found again once the new ones are damaged
    const args = ['--quiet', '--wipe=always', '--wipe-partitions=always', `/dev/${disk.name}`];
    await runChecked({ program: 'sfdisk', args, input: `${table.join('\n')}\n`, from: 'fdisk' });
    return await partitionOf(disk.name);
  },
  makeFileSystem,
  enableUnits: async (units) => {
    const [foreign] = await foreignUnits(
      [UNIT_DIRECTORY],
      units.map(({ path }) => path),
    );
    if (foreign !== undefined) {
      throw new UvsError('CONFLICT', `${foreign} is not the agent's, and is not written over`, {
        hint: 'Move it away, and run the command again.',
      });
    }
    for (const { path, text } of units) {
      await mkdirs(dirname(join(UNIT_DIRECTORY, path)), 0o755);
      await writeFileAtomically(join(UNIT_DIRECTORY, path), text, 0o644);
    }
    await syncDirectory(UNIT_DIRECTORY);
    await reloadUnits(AbortSignal.timeout(START_MS));
    const systemctl = systemctlBy('systemctl');
    for (const { path } of units.filter(({ text }) => text.includes('\n[Install]\n'))) {
      await systemctl('enable', [], path, AbortSignal.timeout(START_MS));
      await systemctl('start', [], path, AbortSignal.timeout(START_MS));
    }
  },
  atMountPoint: async (mountPoint) => {
    const own = mountUnits(mountPoint, '', 'ext4').map(({ path }) => path);
    // the drop-in is called by a UUID, and looked at when it is written
    const names = [...own.filter((path) => !path.includes('/')), `${escapePath(mountPoint)}.automount`];
    const uuid = await mountedUuid(mountPoint);
    return {
      mountedUuid: uuid,
      place: uuid === undefined ? await placeAt(mountPoint) : { kind: 'directory', holds: undefined },
      isInFstab: isInFstab((await readTextIfThere('/etc/fstab')) ?? '', mountPoint),
      foreignUnits: await foreignUnits(UNIT_DIRECTORIES, names),
    };
  },
  mountedUuid,
};

/** @param path of a mount point on which nothing is mounted */
export async function placeAt(path: string): Promise<AtMountPoint['place']> {
  try {
    if (!(await lstat(path)).isDirectory()) return { kind: 'other' };
    const [holds] = (await readdir(path)).toSorted();
    return { kind: 'directory', holds };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { kind: 'directory', holds: undefined };
    throw error;
  }
}

async function disks(): Promise<readonly Disk[]> {
  return parseLsblk(await runChecked({ program: 'lsblk', args: LSBLK_ARGUMENTS, from: 'util-linux' }), await besideLsblk());
}

async function mountedUuid(mountPoint: string): Promise<string | undefined> {
  const source = await mountedDevice(mountPoint);
  if (source === undefined) return undefined;
  const { stdout } = await runProgram({ program: 'blkid', args: ['-p', '-o', 'value', '-s', 'UUID', source], from: 'util-linux' });
  return stdout.trim();
}

/** Makes a file system that has the UUID; one that is there is overwritten. */
export async function makeFileSystem(device: string, fileSystem: 'ext4' | 'xfs', uuid: string): Promise<void> {
  if (fileSystem === 'ext4') {
    await runChecked({ program: 'mkfs.ext4', args: ['-q', '-F', '-U', uuid, '-L', 'uvs-m2', '-m', '1', device], from: 'e2fsprogs' });
  } else {
    await runChecked({ program: 'mkfs.xfs', args: ['-q', '-f', '-m', `uuid=${uuid}`, '-L', 'uvs-m2', device], from: 'xfsprogs' });
  }
  await runChecked({ program: 'sync', args: [device], from: 'coreutils' });
}

/** Device that is mounted on a path; undefined: nothing is. */
async function mountedDevice(mountPoint: string): Promise<string | undefined> {
  return (await mounts()).findLast(({ point }) => point === mountPoint)?.source;
}

async function mounts(): Promise<readonly MountInfo[]> {
  return parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'));
}

async function partitionOf(disk: string): Promise<string> {
  // with udev, which has it named: the mount unit waits for that name
  await runProgram({ program: 'udevadm', args: ['settle', '--timeout=20'], from: 'udev' }).catch(() => undefined);
  for (let waitedMs = 0; ; waitedMs += 200) {
    const found = (await readdir(join('/sys/class/block', disk))).find((name) => name.startsWith(disk));
    if (found !== undefined && (await readdir('/dev')).includes(found)) return `/dev/${found}`;
    if (waitedMs >= APPEAR_MS) {
      throw new UvsError('DISK_FAILED', `the kernel does not show the new partition of ${disk}`, {
        hint: 'See journalctl -k; run the command again, which goes on where it was.',
      });
    }
    await sleep(200);
  }
}

async function besideLsblk(): Promise<BesideLsblk> {
  const starts = new Map<string, number>();
  const serials = new Map<string, string>();
  const sequences = new Map<string, string>();
  for (const name of await readdir('/sys/class/block')) {
    const start = await readTextIfThere(join('/sys/class/block', name, 'start'));
    if (start !== undefined) starts.set(name, Number(start.trim()) * 512);
    const sequence = await readTextIfThere(join('/sys/class/block', name, 'diskseq'));
    if (sequence !== undefined) sequences.set(name, sequence.trim());
    const serial = await readSerial(name);
    if (serial !== '') serials.set(name, serial);
  }
  const byKname = new Map<string, string[]>();
  for (const { source, point } of await mounts()) {
    // of /dev/root and /dev/mapper/… what they are; of proc and the like nothing
    const device = source.startsWith('/dev/') ? await realpath(source).catch(() => source) : '';
    if (device !== '') byKname.set(basename(device), [...(byKname.get(basename(device)) ?? []), point]);
  }
  return { starts, serials, sequences, ids: await namesById(), mounts: byKname };
}

async function readSerial(name: string): Promise<string> {
  for (const place of ['device/serial', 'serial']) {
    const text = await readFile(join('/sys/class/block', name, place), 'utf8').catch(() => '');
    if (text.trim() !== '') return text.trim();
  }
  return '';
}

async function namesById(): Promise<ReadonlyMap<string, readonly string[]>> {
  const directory = '/dev/disk/by-id';
  const ids = new Map<string, string[]>();
  let names: readonly string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return ids;
    throw error;
  }
  for (const id of names) {
    const kname = basename(await readlink(join(directory, id)));
    ids.set(kname, [...(ids.get(kname) ?? []), id]);
  }
  return ids;
}
