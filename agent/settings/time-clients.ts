import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { readTextIfThere } from '../files/reading.ts';
import type { ProgramResult, ProgramRun } from '../os/run-program.ts';
import type { Systemctl } from '../os/systemctl.ts';
import { unitProperties } from '../os/unit-properties.ts';
import { chronyStatus, chronyText, sourceDirectory } from './chrony.ts';
import type { TimeClient, TimeClients } from './ports.ts';
import { timesyncdStatus, timesyncdText } from './timesyncd.ts';

const QUESTION_MS = 30_000;
const TIMESYNCD = 'systemd-timesyncd.service';
const TIMESYNCD_PATH = '/etc/systemd/timesyncd.conf.d/90-uvs-settings.conf';
/** Debian's place and name, and those of others. */
const CHRONY_CONFIGURATIONS = ['/etc/chrony/chrony.conf', '/etc/chrony.conf'];
const CHRONY_UNITS = ['chrony.service', 'chronyd.service'];
const CHRONY_FILE = '90-uvs-settings.sources';

export interface TimeClientsParts {
  readonly root: string;
  readonly systemctl: Systemctl;
  readonly run: (program: ProgramRun) => Promise<ProgramResult>;
}

/** The NTP clients that UVS knows, chrony first: where both are installed the one that runs is meant. */
export function timeClients({ root, systemctl, run }: TimeClientsParts): TimeClients {
  const isThere = (path: string): boolean => existsSync(join(root, path));
  const runs = async (...units: readonly string[]): Promise<boolean> => {
    for (const unit of units) {
      const { ActiveState } = await unitProperties(systemctl, unit, ['ActiveState'], AbortSignal.timeout(QUESTION_MS));
      if (ActiveState === 'active') return true;
    }
    return false;
  };
  const said = async (program: string, ...args: readonly string[]): Promise<string> => {
    const from = program === 'chronyc' ? 'chrony' : 'systemd';
    // an operation that begins waits for the look
    const { code, stdout, stderr } = await run({ program, args, from, deadlineMs: QUESTION_MS });
    if (code === 0) return stdout;
    throw new UvsError('SERVICE_FAILED', `${program} ${args.join(' ')} failed: ${(stderr || stdout).trim().split('\n').at(-1) ?? ''}`);
  };
  const timesyncd: TimeClient = {
    name: 'systemd-timesyncd',
    path: TIMESYNCD_PATH,
    textOf: timesyncdText,
    // it has read its files only when it started, before systemd 257
    reload: async () => void (await systemctl('try-restart', [], TIMESYNCD, AbortSignal.timeout(QUESTION_MS))),
    status: async (servers) =>
      timesyncdStatus(servers, await said('timedatectl', 'show-timesync', '--all'), await said('timedatectl', 'timesync-status')),
  };
  const chronyAt = (directory: string): TimeClient => ({
    name: 'chrony',
    path: join(directory, CHRONY_FILE),
    textOf: chronyText,
    reload: async () => void (await said('chronyc', 'reload', 'sources')),
    status: async (servers) =>
      chronyStatus(servers, await said('chronyc', '-c', '-N', 'sources'), await said('chronyc', '-c', '-N', 'tracking')),
  });
  const chronyDirectory = async (): Promise<string | undefined> => {
    for (const path of CHRONY_CONFIGURATIONS) {
      const directory = sourceDirectory((await readTextIfThere(join(root, path))) ?? '');
      if (directory !== undefined) return directory;
    }
    return undefined;
  };
  const running = async (): Promise<TimeClient | string> => {
    const hasChrony = isThere('/usr/sbin/chronyd');
    const hasTimesyncd = isThere('/usr/lib/systemd/systemd-timesyncd') || isThere('/lib/systemd/systemd-timesyncd');
    if (hasChrony && (await runs(...CHRONY_UNITS))) {
      const directory = await chronyDirectory();
      if (directory !== undefined) return chronyAt(directory);
      const file = CHRONY_CONFIGURATIONS.find(isThere) ?? '/etc/chrony/chrony.conf';
      return `chrony reads no directory of sources: add "sourcedir /etc/chrony/sources.d" to ${file}, and restart it`;
    }
    if (hasTimesyncd && (await runs(TIMESYNCD))) return timesyncd;
    if (!hasChrony && !hasTimesyncd) return 'neither chrony nor systemd-timesyncd is installed here';
    const [name, unit] = hasChrony ? ['chrony', 'chrony'] : ['systemd-timesyncd', 'systemd-timesyncd'];
    return `${name} is installed and does not run: systemctl enable --now ${unit}`;
  };
  return {
    running,
    ownFiles: async () => {
      const directory = await chronyDirectory();
      return [TIMESYNCD_PATH, ...(directory === undefined ? [] : [join(directory, CHRONY_FILE)])].filter(isThere);
    },
    reloadRunning: async () => {
      const client = await running();
      if (typeof client !== 'string') await client.reload();
    },
  };
}
