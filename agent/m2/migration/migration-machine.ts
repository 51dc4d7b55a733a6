import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { syncDirectory } from '../../../common/atomic-file.ts';
import { toUvsError, UvsError } from '../../../common/errors.ts';
import { mkdirs, removeBelow, removeTree, rename, rmdir, syncFileSystemOf } from '../../files/disk.ts';
import type { Systemctl } from '../../os/systemctl.ts';
import { unitProperties } from '../../os/unit-properties.ts';
import { escapePath } from '../units.ts';
import { demandMovable } from './movable.ts';
import type { When } from './namespaces.ts';
import type { MigrationMachine } from './ports.ts';
import { keepPrivate } from './private-copies.ts';
import { lstatOf, mountPoints, ran, shownOn } from './programs.ts';
import { demandCopyShown } from './shown-copy.ts';
import { treeHash } from './tree-hash.ts';
import { migrationUnitFiles } from './unit-files.ts';
import { bindUnit, copyPath } from './units.ts';
import { demandNone, writersBelow, type Writer } from './writers.ts';

/**
 * Below it the old directory is seen while something is mounted over it; in a directory that is root's alone, for the mode of the one that is mounted on
 * is hidden by the mount, and what kept others from the old directory may be further up.
 */
const PRIVATE = '/run/uvs-agent-m2-old';
const BELOW = join(PRIVATE, 'parent');
const ACT_MS = 300_000;
const SYNC_MS = 600_000;
/** Hundreds of gigabytes off an eMMC. */
const COPY_MS = 12 * 3_600_000;
const ACTIVE = ['active', 'reloading'];
const ENDED = ['inactive', 'failed'];
/** A service that falls over does so in seconds; Ceph's monitor when it has opened its store. */
const WATCHED_MS = 15_000;
/** A log or a store that is written to at all mostly is so within seconds. */
const WRITERS_MS = 5_000;
export interface MachineOptions {
  readonly mountPoint: string;
  readonly statePath: string;
  /** Why what is mounted there is not the SSD that was set up, as a sentence; '': it is. */
  readonly whyNotOwn: () => Promise<string>;
  /** Processes in other mount namespaces that go on with the old directory. */
  readonly whoSees: (directory: string, when: When) => Promise<readonly Writer[]>;
  /** Where systemd reads an administrator's units. */
  readonly unitsAt: string;
  readonly systemctl: Systemctl;
  /** Has systemd read its units again. */
  readonly reload: () => Promise<void>;
  readonly wait: (ms: number) => Promise<unknown>;
}

/** Takes away what a look at an old directory has left that was killed: whoever asks who sees that directory would find it there. */
export async function forgetOld(): Promise<void> {
  for (const point of await mountPoints()) if (point === BELOW || point === PRIVATE) await ran('umount', [point], 'mount');
}

/** This machine, by systemd, cp(1) and mount(8). */
export function migrationMachine(options: MachineOptions): MigrationMachine {
  const { mountPoint, statePath, whyNotOwn, whoSees, unitsAt, systemctl, reload, wait } = options;
  const control = async (verb: string, unit: string): Promise<string> => await systemctl(verb, [], unit, AbortSignal.timeout(ACT_MS));
  const properties = async (unit: string, ...names: readonly string[]): Promise<Readonly<Record<string, string>>> =>
    await unitProperties(systemctl, unit, names, AbortSignal.timeout(ACT_MS));
  const unitFiles = migrationUnitFiles(mountPoint, unitsAt);
  /** What is below the mount, by a bind mount of its parent, through which what is mounted below that is not seen. */
  const withOld = async <T>(directory: string, act: (old: string) => Promise<T>): Promise<T> => {
    if (!(await mountPoints()).includes(directory)) {
      throw new UvsError('NOT_ALLOWED_NOW', `${directory} is not mounted from ${mountPoint}: what is below it is what counts now`, {
        hint: 'See uvs-agent m2 show.',
      });
    }
    await forgetOld();
    await mkdirs(PRIVATE, 0o700);
    await mkdirs(BELOW, 0o700);
    await ran('mount', ['--bind', dirname(directory), BELOW], 'mount');
    try {
      const old = join(BELOW, basename(directory));
      if ((await lstat(old)).dev === (await lstat(mountPoint)).dev) throw new UvsError('INTERNAL', `${old} is on the SSD itself`);
      return await act(old);
    } finally {
      await ran('umount', [BELOW], 'mount');
      await rmdir(BELOW);
      await rmdir(PRIVATE);
    }
  };
  const working = join(mountPoint, 'uvs/.copying');
  const isRunning = async (unit: string): Promise<boolean> => isActive(await properties(unit, 'ActiveState'));
  const hasEnded = async (unit: string): Promise<boolean> => ENDED.includes((await properties(unit, 'ActiveState'))['ActiveState'] ?? '');
  const isGone = async (unit: string): Promise<boolean> => (await properties(unit, 'LoadState'))['LoadState'] === 'not-found';
  const isMounted = async (directory: string): Promise<boolean> => {
    const shown = await shownOn(directory);
    // of a directory that was removed below its mount the kernel says so after its path
    return shown?.replace(/\/\/deleted$/, '').endsWith(copyPath('', directory)) === true;
  };

  return {
    demandMovable: async (directory, units, isBegun) =>
      await demandMovable({
        mountPoint,
        statePath,
        whyNotOwn,
        whoSees,
        directory,
        units,
        others: (await unitFiles.directories()).filter((other) => other !== directory),
        isLoaded: async (unit) => (await properties(unit, 'LoadState'))['LoadState'] === 'loaded',
        leftovers: [working, ...(isBegun ? [copyPath(mountPoint, directory)] : [])],
      }),
    demandServing: async (directory, units) => {
      await forgetOld();
      await demandCopyShown(mountPoint, directory, whyNotOwn);
      demandNone(directory, await whoSees(directory, 'after'));
      for (const unit of units) {
        if (await isRunning(unit)) continue;
        throw new UvsError(
          'NOT_ALLOWED_NOW',
          `${unit} does not run, so that nobody knows whether ${directory} on the SSD is what it needs`,
          {
            hint: `See journalctl -u ${unit}; undo has the old directory count again.`,
          },
        );
      }
    },
    isRunning,
    hasEnded,
    stop: async (unit) => {
      try {
        await control('stop', unit);
      } catch (error) {
        // a service whose package is gone keeps nobody from going back, unless it runs all the same
        if (!(await isGone(unit)) || !(await hasEnded(unit))) throw error;
      }
    },
    start: async (unit) => {
      // one that fell over too often for systemd would not be started
      await control('reset-failed', unit).catch(() => undefined);
      try {
        await control('start', unit);
      } catch (error) {
        if (!(await isGone(unit))) throw error;
      }
    },
    keepsRunning: async (unit) => {
      const look = async () => await properties(unit, 'ActiveState', 'MainPID', 'NRestarts');
      const first = await look();
      await wait(WATCHED_MS);
      return isActive(first) && isDeepStrictEqual(await look(), first);
    },
    copy: async (directory) => {
      await removeTree(working);
      const target = copyPath(mountPoint, directory);
      await demandApart(directory, target);
      await removeTree(target);
      await keepPrivate(mountPoint);
      await mkdirs(dirname(target), 0o755);
      await ran('cp', ['--archive', '--no-target-directory', directory, working], 'coreutils', COPY_MS);
      await rename(working, target);
      await syncFileSystemOf(mountPoint, SYNC_MS);
    },
    hashOf: async (which, directory) => {
      if (which === 'old') return await withOld(directory, treeHash);
      return await treeHash(which === 'copy' ? copyPath(mountPoint, directory) : directory);
    },
    demandUnwritten: async (directory) => {
      demandNone(directory, [...(await writersBelow(directory)), ...(await whoSees(directory, 'before'))]);
    },
    demandHidden: async (directory) => {
      await forgetOld();
      demandNone(directory, await whoSees(directory, 'after'));
    },
    waitForWriters: async () => void (await wait(WRITERS_MS)),
    switchOn: async (directory, units) => {
      await unitFiles.put(directory, units);
      const failure = await reload().then(() => undefined, toUvsError);
      // a unit that it does not know systemd reads now; of the services it knows only what it has read before
      await control('start', bindUnit(mountPoint, directory).path);
      if (failure !== undefined) throw failure;
    },
    isSwitchedOn: async (directory) => await unitFiles.isThere(directory),
    isMounted,
    hasCopy: async (directory) => {
      if (!(await mountPoints()).includes(mountPoint))
        throw new UvsError('NOT_ALLOWED_NOW', `${mountPoint} is not mounted`, { hint: 'See uvs-agent m2 show.' });
      return (await lstatOf(copyPath(mountPoint, directory))) !== undefined;
    },
    switchOff: async (directory, units) => {
      // before its unit goes: where it can't be done the copy counts as before. Who reads there, such as a shell, goes on reading the copy.
      if (await isMounted(directory)) await ran('umount', ['--lazy', directory], 'mount');
      await unitFiles.remove(directory, units);
      await reload();
    },
    removeOld: async (directory) => {
      await withOld(directory, async (old) => {
        await removeBelow(old);
        await syncFileSystemOf(old, SYNC_MS);
      });
    },
    removeCopy: async (directory) => {
      await removeTree(working);
      const copy = copyPath(mountPoint, directory);
      await demandApart(directory, copy);
      await removeTree(copy);
    },
    setCopyAside: async (directory) => {
      const copy = copyPath(mountPoint, directory);
      if ((await lstatOf(copy)) === undefined) return undefined;
      const aside = await freeName(join(mountPoint, 'uvs/.undone', escapePath(directory)));
      await mkdirs(dirname(aside), 0o700);
      await rename(copy, aside);
      await syncDirectory(dirname(aside));
      return aside;
    },
  };
}

function isActive({ ActiveState = '' }: Readonly<Record<string, string>>): boolean {
  return ACTIVE.includes(ActiveState);
}

/** What was set aside before stays. */
async function freeName(wanted: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}.${number}`;
    if ((await lstatOf(name)) === undefined) return name;
  }
}

/** A copy that is the directory itself, by another name, is none. @throws UvsError INTERNAL */
async function demandApart(directory: string, copy: string): Promise<void> {
  const [one, other] = [await lstatOf(directory), await lstatOf(copy)];
  if (one === undefined || other === undefined || one.dev !== other.dev || one.ino !== other.ino) return;
  throw new UvsError('INTERNAL', `${directory} is its own copy, ${copy}: nothing is removed`);
}
