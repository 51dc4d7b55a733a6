import { lstat, readdir, readFile, realpath, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { syncDirectory } from '../../../common/atomic-file.ts';
import { UvsError } from '../../../common/errors.ts';
import { isDirectoryName } from '../../../common/migration.ts';
import { mkdirs, removeTree, rename, rmdir, syncFileSystemOf } from '../../files/disk.ts';
import { isErrno } from '../../files/errno.ts';
import { unescapeOctal } from '../../files/mount-table.ts';
import { runProgram } from '../../os/run-program.ts';
import { reloadUnits, type Systemctl } from '../../os/systemctl.ts';
import type { MigrationMachine } from './ports.ts';
import { treeHash } from './tree-hash.ts';
import { migrationUnitFiles } from './unit-files.ts';
import { bindUnit, copyPath, isNameable } from './units.ts';
import { describeWriter, writersBelow, type Writer } from './writers.ts';

const UNITS = '/etc/systemd/system';
/** Below it the old directory is seen while something is mounted over it. */
const BELOW = '/run/uvs-agent-m2-old';
const ACT_MS = 300_000;
const SYNC_MS = 600_000;
/** A service that falls over does so in seconds; Ceph's monitor when it has opened its store. */
const WATCHED_MS = 15_000;
/** A log or a store that is written to at all mostly is so within seconds. */
const WRITERS_MS = 5_000;
/** Directories without which nothing runs, or that hold such. */
const NEVER =
  /^\/(?:$|(?:etc|usr|bin|sbin|lib|lib64|boot|dev|proc|sys|run|root|home|var|var\/lib|tmp|m2)$|(?:etc|usr|boot|dev|proc|sys|run|m2)\/)/;

interface MachineOptions {
  readonly mountPoint: string;
  readonly statePath: string;
  readonly systemctl: Systemctl;
}

/** This machine, by systemd, cp(1) and mount(8). */
export function migrationMachine({ mountPoint, statePath, systemctl }: MachineOptions): MigrationMachine {
  const control = async (verb: string, unit: string): Promise<string> => await systemctl(verb, [], unit, AbortSignal.timeout(ACT_MS));
  const mainProcess = async (unit: string): Promise<string> =>
    await systemctl('show', ['--property=ActiveState,MainPID,NRestarts'], unit, AbortSignal.timeout(ACT_MS));
  const reload = async (): Promise<void> => await reloadUnits(AbortSignal.timeout(ACT_MS));
  const unitFiles = migrationUnitFiles(mountPoint, UNITS);
  /** What is below the mount, by a bind mount of its parent, through which what is mounted below that is not seen. */
  const withOld = async <T>(directory: string, act: (old: string) => Promise<T>): Promise<T> => {
    if (!(await mountPoints()).includes(directory)) {
      throw new UvsError('NOT_ALLOWED_NOW', `${directory} is not mounted from ${mountPoint}: what is below it is what counts now`, {
        hint: 'See uvs-agent m2 show.',
      });
    }
    await mkdirs(BELOW, 0o700);
    if ((await mountPoints()).includes(BELOW)) await ran('umount', [BELOW], 'mount');
    await ran('mount', ['--bind', dirname(directory), BELOW], 'mount');
    try {
      const old = join(BELOW, basename(directory));
      if ((await lstat(old)).dev === (await lstat(mountPoint)).dev) throw new UvsError('INTERNAL', `${old} is on the SSD itself`);
      return await act(old);
    } finally {
      await ran('umount', [BELOW], 'mount');
      await rmdir(BELOW);
    }
  };
  const working = join(mountPoint, 'uvs/.copying');

  return {
    demandMovable: async (directory, units) => {
      const refuse = (why: string, hint?: string): never => {
        throw new UvsError('NOT_ALLOWED_NOW', `${directory} can't be brought to ${mountPoint}: ${why}`, hint === undefined ? {} : { hint });
      };
      if (!isDirectoryName(directory)) refuse('that is no whole, plain path of at most 200 characters');
      if (NEVER.test(directory)) refuse('the system needs it in its place');
      if (!isNameable(directory)) refuse('its name is too long for a unit of systemd');
      if (directory === statePath || statePath.startsWith(`${directory}/`)) refuse('the agent keeps its own state there');
      const real = await realpath(directory).catch(() => undefined);
      if (real === undefined || !(await lstat(real)).isDirectory()) refuse('there is no such directory');
      if (real !== directory) refuse(`it is a symlink, or below one, to ${real}`, `Name ${real}.`);
      const points = await mountPoints();
      if (!points.includes(mountPoint)) refuse(`${mountPoint} is not mounted`, 'See uvs-agent m2 show.');
      const inside = points.find((point) => point === directory || point.startsWith(`${directory}/`));
      if (inside !== undefined) refuse(`something is mounted on ${inside}`);
      for (const unit of units) {
        const shown = await systemctl('show', ['--property=LoadState'], unit, AbortSignal.timeout(ACT_MS));
        if (shown.trim() !== 'LoadState=loaded') refuse(`there is no unit ${unit}`);
      }
      // a target's services are not known by it; that they have stopped is seen then
      const isTarget = units.some((unit) => unit.endsWith('.target'));
      const isOther = ({ unit = '' }: Writer): boolean => unit.endsWith('.service') && !isTarget && !units.includes(unit);
      demandNone(directory, (await writersBelow(directory)).filter(isOther));
      const needed = await sizeOf(directory);
      const { bavail, bsize } = await statfs(mountPoint);
      // what an attempt that was cut has left goes before the next copy
      const free = bavail * bsize + (await sizeOf(working)) + (await sizeOf(copyPath(mountPoint, directory)));
      if (needed * 1.05 > free) refuse(`it takes ${needed} bytes, and ${mountPoint} has ${free} free`);
    },
    stop: async (unit) => void (await control('stop', unit)),
    start: async (unit) => {
      // one that fell over too often for systemd would not be started
      await control('reset-failed', unit).catch(() => undefined);
      await control('start', unit);
    },
    keepsRunning: async (unit) => {
      const first = await mainProcess(unit);
      await sleep(WATCHED_MS);
      return /^ActiveState=active$/m.test(first) && first === (await mainProcess(unit));
    },
    copy: async (directory) => {
      await removeTree(working);
      const target = copyPath(mountPoint, directory);
      await removeTree(target);
      await mkdirs(dirname(target), 0o755);
      await ran('cp', ['--archive', '--no-target-directory', directory, working], 'coreutils');
      await rename(working, target);
      await syncFileSystemOf(mountPoint, SYNC_MS);
    },
    hashOf: async (which, directory) => {
      if (which === 'old') return await withOld(directory, treeHash);
      return await treeHash(which === 'copy' ? copyPath(mountPoint, directory) : directory);
    },
    demandUnwritten: async (directory) => demandNone(directory, await writersBelow(directory)),
    waitForWriters: async () => await sleep(WRITERS_MS),
    switchOn: async (directory, units) => {
      await unitFiles.put(directory, units);
      await reload();
      await control('start', bindUnit(mountPoint, directory).path);
    },
    isSwitchedOn: async (directory) => await unitFiles.isThere(directory),
    switchOff: async (directory, units) => {
      await unitFiles.remove(directory, units);
      if ((await mountPoints()).includes(directory)) await ran('umount', [directory], 'mount');
      await reload();
    },
    removeOld: async (directory) => {
      await withOld(directory, async (old) => {
        for (const name of await readdir(old)) await removeTree(join(old, name));
        await syncFileSystemOf(old, SYNC_MS);
      });
    },
    setCopyAside: async (directory) => {
      const copy = copyPath(mountPoint, directory);
      const aside = `${mountPoint}/uvs/.undone/${basename(directory)}`;
      await removeTree(working);
      if ((await lstatOf(copy)) === undefined) return aside;
      await mkdirs(dirname(aside), 0o700);
      await removeTree(aside);
      await rename(copy, aside);
      await syncDirectory(dirname(aside));
      return aside;
    },
  };
}

/** Bytes that a tree takes on its disk; 0 where there is none. */
async function sizeOf(path: string): Promise<number> {
  if ((await lstatOf(path)) === undefined) return 0;
  const { stdout } = await ran('du', ['--summarize', '--block-size=1', '--one-file-system', path], 'coreutils');
  return Number(stdout.split('\t')[0]);
}

/** @throws UvsError NOT_ALLOWED_NOW */
function demandNone(directory: string, writers: readonly Writer[]): void {
  const [first, ...more] = writers;
  if (first === undefined) return;
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  throw new UvsError('NOT_ALLOWED_NOW', `something works below ${directory}: process ${describeWriter(first)}${others}`, {
    hint: 'Name its service with --unit, or end it.',
  });
}

async function lstatOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function mountPoints(): Promise<readonly string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return text.split('\n').map((line) => unescapeOctal(line.split(' ')[4] ?? ''));
}

async function ran(program: string, args: readonly string[], from: string) {
  const result = await runProgram({ program, args, from });
  if (result.code === 0) return result;
  throw new UvsError('DISK_FAILED', `${program} about ${args.at(-1) ?? ''} failed: ${result.stderr.trim().split('\n').at(-1) ?? ''}`, {
    hint: 'See journalctl -k; the command may be run again.',
  });
}
