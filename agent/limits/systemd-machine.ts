import { readdir, readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { limitKeys, limitNames, type LimitName } from '../../common/limits/keys.ts';
import { isErrno } from '../files/errno.ts';
import { readTextIfThere } from '../files/reading.ts';
import type { Systemctl } from '../os/systemctl.ts';
import { UNIT_DIRECTORY } from '../os/unit-directory.ts';
import { unitProperties } from '../os/unit-properties.ts';
import { filesOf, isWeightOfBfq, saidOf, type CgroupFile, type CgroupVersion, type Said } from './control-group.ts';
import { dropInFiles, entriesOf } from './drop-in-files.ts';
import type { ObservedUnit } from './judge.ts';
import type { LimitedMachine } from './ports.ts';
import { findStray } from './reach.ts';
import type { UnitUsage } from './refusals.ts';
import { setsRatio } from './osd-memory.ts';
import { processLimits, memoryInUse } from './process-limits.ts';
import { findUnits, isAwaited, whyItCannotStart } from './unit-search.ts';

const CGROUPS = '/sys/fs/cgroup';
/** Where units are that start at every boot, as `systemctl enable` of ceph-volume leaves them. */
const ENABLED = join(UNIT_DIRECTORY, 'multi-user.target.wants');
const CEPH_CONF = '/etc/ceph/ceph.conf';

/** This machine, by systemctl(1), its control groups and /proc. @param bootId random for each boot */
export function systemdMachine(
  systemctl: Systemctl,
  reload: (signal: AbortSignal) => Promise<void>,
  bootId: () => Promise<string>,
): LimitedMachine {
  return {
    node: async () => ({
      memoryBytes: totalmem(),
      // not those that the agent itself may use
      cpus: Math.max(1, cpus().length),
      cgroupVersion: await cgroupVersion(),
      mostOpenFiles: Number((await readFile('/proc/sys/fs/nr_open', 'utf8')).trim()),
    }),
    now: async () => ({ boot: await bootId(), us: Number(process.hrtime.bigint() / 1000n) }),
    matching: async (pattern, signal) =>
      await findUnits(systemctl, pattern, signal, async (unit) => {
        const { ControlGroup = '' } = await unitProperties(systemctl, unit, ['ControlGroup'], signal);
        return await isRunning(ControlGroup, await cgroupVersion());
      }),
    isAwaited: async (unit, signal) => await isAwaited(systemctl, unit, signal, async () => await entriesOf(ENABLED)),
    isMemoryRatioSet: async () => setsRatio((await readTextIfThere(CEPH_CONF)) ?? ''),
    observe: async (unit, signal) => await observe(systemctl, unit, signal),
    ...dropInFiles('/'),
    reload,
  };
}

const properties = ['LoadState', 'MainPID', 'ControlGroup', 'DropInPaths', 'ExecMainStartTimestampMonotonic'];
/** What systemd gives a process at its start. */
const atStart = limitNames.filter((name) => !limitKeys[name].isLive);

/** @param text as systemctl(1) has it, where it has it */
function numberSaid(name: LimitName, text: string | undefined): readonly (readonly [LimitName, Said])[] {
  if (text === 'infinity') return [[name, 'none']];
  return text !== undefined && /^-?\d+$/u.test(text) ? [[name, Number(text)]] : [];
}

async function observe(systemctl: Systemctl, unit: string, signal: AbortSignal): Promise<ObservedUnit> {
  const found = await unitProperties(systemctl, unit, [...properties, ...atStart], signal);
  const { LoadState = '', MainPID = '', ControlGroup: group = '', DropInPaths = '', ExecMainStartTimestampMonotonic: StartedUs } = found;
  const version = await cgroupVersion();
  const always = {
    isRunning: await isRunning(group, version),
    whyNoStart: whyItCannotStart(unit, LoadState),
    dropIns: DropInPaths.split(' ').filter((path) => path !== ''),
    toStartWith: new Map(atStart.flatMap((name) => numberSaid(name, found[name]))),
    startedUs: Number(MainPID) > 0 && Number(StartedUs) > 0 ? Number(StartedUs) : undefined,
  };
  if (!always.isRunning) return { ...always, said: new Map(), hasBfq: false, usage: nothingUsed, stray: undefined, podLimit: undefined };
  const pid = Number(MainPID);
  const ofProcess = pid > 0 ? await processLimits(pid) : undefined;
  const said = new Map<LimitName, Said>();
  let hasBfq = false;
  for (const name of limitNames) {
    const texts = await textsOf(filesOf(name, version), version, group);
    const text = saidOf(name, version, texts) ?? ofProcess?.said.get(name);
    if (text !== undefined) said.set(name, text);
    hasBfq ||= isWeightOfBfq(version, texts);
  }
  const usage = {
    memoryBytes: await memoryInUse(version, placeOf('memory', version, group)),
    tasks: await tasksOf(version, group),
    openFiles: ofProcess?.openFiles,
  };
  const stray = await findStray(group, pid, homeOf(group, version), version);
  return { ...always, said, hasBfq, usage, stray, podLimit: ofProcess?.podLimit };
}

const nothingUsed: UnitUsage = { memoryBytes: undefined, tasks: undefined, openFiles: undefined };

/** One that still starts, is reloaded, or has left something behind takes as much as one that is active, and may be ended for it. */
async function isRunning(group: string, version: CgroupVersion): Promise<boolean> {
  return group !== '' && (await hasProcesses(homeOf(group, version)));
}

/** Where the processes of a control group are listed. */
function homeOf(group: string, version: CgroupVersion): string {
  return version === 1 ? join(CGROUPS, 'systemd', group) : join(CGROUPS, group);
}

/** Whether there are processes in a control group, or in one below it. */
async function hasProcesses(place: string): Promise<boolean> {
  const events = await readTextIfThere(join(place, 'cgroup.events')); // of version 2 alone
  if (events !== undefined) return /^populated 1$/m.test(events);
  if (((await readTextIfThere(join(place, 'cgroup.procs'))) ?? '') !== '') return true;
  for (const below of await groupsBelow(place)) if (await hasProcesses(below)) return true;
  return false;
}

async function tasksOf(version: CgroupVersion, group: string): Promise<number | undefined> {
  const text = await readTextIfThere(join(placeOf('pids', version, group), 'pids.current'));
  return text === undefined ? undefined : Number(text.trim());
}

async function textsOf(files: readonly CgroupFile[], version: CgroupVersion, group: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const { controller, file } of files) {
    const text = await readTextIfThere(join(placeOf(controller, version, group), file));
    if (text !== undefined) texts.set(file, text);
  }
  return texts;
}

function placeOf(controller: CgroupFile['controller'], version: CgroupVersion, group: string): string {
  return version === 1 ? join(CGROUPS, controller, group) : join(CGROUPS, group);
}

async function cgroupVersion(): Promise<CgroupVersion> {
  return (await readTextIfThere(join(CGROUPS, 'cgroup.controllers'))) === undefined ? 1 : 2;
}

async function groupsBelow(place: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(place, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [join(place, entry.name)] : []));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
