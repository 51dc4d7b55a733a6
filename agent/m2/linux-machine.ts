import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { syncDirectory, writeFileAtomically } from '../../common/atomic-file.ts';
import { UvsError } from '../../common/errors.ts';
import { mkdirs } from '../files/disk.ts';
import { isErrno } from '../files/errno.ts';
import { unescapeOctal } from '../files/mount-table.ts';
import { openToRead, readTextIfThere } from '../files/reading.ts';
import { runProgram, type ProgramRun } from '../os/run-program.ts';
import { reloadUnits, systemctlBy } from '../os/systemctl.ts';
import { LSBLK_ARGUMENTS, parseLsblk, type BesideLsblk } from './lsblk.ts';
import type { M2Machine } from './ports.ts';

const UNITS = '/etc/systemd/system';
const MIB = 1024 ** 2;
/** Between the first MiB and the last. */
const SAMPLES = 16;
/** Longer udev does not take to find a partition. */
const APPEAR_MS = 20_000;
const START_MS = 60_000;

/** This machine, by util-linux, mkfs and systemd. */
export const linuxMachine: M2Machine = {
  disks: async () => parseLsblk(await told({ program: 'lsblk', args: LSBLK_ARGUMENTS, from: 'util-linux' }), await besideLsblk()),
  contentsOf: async ({ name, sizeBytes }) => await contentsOf(`/dev/${name}`, sizeBytes),
  partition: async (disk, startBytes, begun) => {
    const table = [
      'label: gpt',
      `label-id: ${begun.tableUuid}`,
      `start=${startBytes / disk.sectors.logical}, type=linux, name="uvs-m2", uuid=${begun.partUuid}`,
    ];
    // old signatures would be found again once the new ones are damaged
    const args = ['--quiet', '--wipe=always', '--wipe-partitions=always', `/dev/${disk.name}`];
    await told({ program: 'sfdisk', args, input: `${table.join('\n')}\n`, from: 'fdisk' });
    return await partitionOf(disk.name);
  },
  makeFileSystem,
  enableUnits: async (units) => {
    for (const { path, text } of units) {
      await mkdirs(dirname(join(UNITS, path)), 0o755);
      await writeFileAtomically(join(UNITS, path), text, 0o644);
    }
    await syncDirectory(UNITS);
    await reloadUnits(AbortSignal.timeout(START_MS));
    const systemctl = systemctlBy('systemctl');
    for (const { path } of units.filter(({ text }) => text.includes('\n[Install]\n'))) {
      await systemctl('enable', [], path, AbortSignal.timeout(START_MS));
      await systemctl('start', [], path, AbortSignal.timeout(START_MS));
    }
  },
  mountedUuid: async (mountPoint) => {
    const source = await mountedDevice(mountPoint);
    if (source === undefined) return undefined;
    const { stdout } = await runProgram({ program: 'blkid', args: ['-p', '-o', 'value', '-s', 'UUID', source], from: 'util-linux' });
    return stdout.trim();
  },
};

/** Looks for anything of anybody's on a device. */
export async function contentsOf(path: string, sizeBytes: number) {
  const listed = await told({ program: 'wipefs', args: ['--no-act', '--parsable', path], from: 'util-linux' });
  const signatures = listed
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(','))
    .map(([offset = '', , , type = '']) => `${type} at ${offset}`);
  // 2: it found nothing; 8: it found several, which contradict each other
  const probe = await runProgram({ program: 'blkid', args: ['-p', '-o', 'export', path], from: 'util-linux' });
  if (probe.code !== 0 && probe.code !== 2 && probe.code !== 8) throw failed('blkid', path, probe.stderr);
  const found = probe.stdout.split('\n').filter((line) => /^(TYPE|PTTYPE|PART_ENTRY_TYPE)=/.test(line));
  const probed = probe.code === 8 ? 'several that contradict each other' : found.join(', ');
  return { signatures, probed, nonZeroAtBytes: await firstNonZero(path, sizeBytes) };
}

async function firstNonZero(path: string, sizeBytes: number): Promise<number | undefined> {
  const device = await openToRead(path);
  try {
    const last = Math.max(0, sizeBytes - MIB);
    const buffer = Buffer.alloc(MIB);
    for (let sample = 0; sample <= SAMPLES; sample += 1) {
      const at = Math.floor((last / SAMPLES) * sample);
      const { bytesRead } = await device.read(buffer, 0, MIB, at);
      if (bytesRead === 0) throw new UvsError('DISK_FAILED', `${path} gives nothing at byte ${at}`);
      const index = buffer.subarray(0, bytesRead).findIndex((byte) => byte !== 0);
      if (index >= 0) return at + index;
    }
    return undefined;
  } finally {
    await device.close();
  }
}

/** Makes a file system that has the UUID; one that is there is overwritten. */
export async function makeFileSystem(device: string, fileSystem: 'ext4' | 'xfs', uuid: string): Promise<void> {
  if (fileSystem === 'ext4') {
    await told({ program: 'mkfs.ext4', args: ['-q', '-F', '-U', uuid, '-L', 'uvs-m2', '-m', '1', device], from: 'e2fsprogs' });
  } else {
    await told({ program: 'mkfs.xfs', args: ['-q', '-f', '-m', `uuid=${uuid}`, '-L', 'uvs-m2', device], from: 'xfsprogs' });
  }
  await told({ program: 'sync', args: [device], from: 'coreutils' });
}

/** Device that is mounted on a path; undefined: nothing is. */
async function mountedDevice(mountPoint: string): Promise<string | undefined> {
  return (await mounts()).findLast(({ point }) => point === mountPoint)?.source;
}

async function mounts() {
  const text = await readFile('/proc/self/mounts', 'utf8');
  return text.split('\n').flatMap((line) => {
    const [source = '', point = ''] = line.split(' ').map(unescapeOctal);
    return point === '' ? [] : [{ source, point }];
  });
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
  for (const name of await readdir('/sys/class/block')) {
    const start = await readTextIfThere(join('/sys/class/block', name, 'start'));
    if (start !== undefined) starts.set(name, Number(start.trim()) * 512);
    const serial = await readSerial(name);
    if (serial !== '') serials.set(name, serial);
  }
  const byKname = new Map<string, string[]>();
  for (const { source, point } of await mounts()) {
    // of /dev/root and /dev/mapper/… what they are; of proc and the like nothing
    const device = source.startsWith('/dev/') ? await realpath(source).catch(() => source) : '';
    if (device !== '') byKname.set(basename(device), [...(byKname.get(basename(device)) ?? []), point]);
  }
  return { starts, serials, ids: await namesById(), mounts: byKname };
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

/** @throws UvsError DISK_FAILED with what the program said */
async function told(run: ProgramRun): Promise<string> {
  const { code, stdout, stderr } = await runProgram(run);
  if (code !== 0) throw failed(run.program, run.args.at(-1) ?? '', stderr);
  return stdout;
}

function failed(program: string, about: string, stderr: string): UvsError {
  return new UvsError('DISK_FAILED', `${program} about ${about} failed: ${stderr.trim().split('\n').at(-1) ?? ''}`, {
    hint: 'See journalctl -k for what the disk says; the command may be run again.',
  });
}
