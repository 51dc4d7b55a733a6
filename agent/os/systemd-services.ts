import { readFileSync } from 'node:fs';
import type { Services } from '../ports.ts';
import { innermostUnit } from './cgroup-unit.ts';
import type { ReloadUnits, Systemctl } from './systemctl.ts';
import { unitProperties } from './unit-properties.ts';

/** Properties with the units that stop when a unit does: Requires=, Requisite=, BindsTo= and PartOf= as seen from there, systemd.unit(5). */
const STOP_WITH = ['RequiredBy', 'RequisiteOf', 'BoundBy', 'ConsistsOf'];

/** ActiveState of what runs or is on its way to; "activating" is also what a unit is that waits to be started again after it died. */
const TO_BE_STOPPED = ['active', 'activating', 'reloading'];

/** Drives systemd by systemctl(1). */
export function systemdServices(systemctl: Systemctl, reload: ReloadUnits, isAvailable: () => boolean): Services {
  const valueOf = async (unit: string, name: string, signal: AbortSignal): Promise<string> =>
    (await systemctl('show', [`--property=${name}`, '--value'], unit, signal)).trim();
  const isOneOf = async (unit: string, states: readonly string[], signal: AbortSignal): Promise<boolean> =>
    states.includes(await valueOf(unit, 'ActiveState', signal));
  return {
    isAvailable: () => Promise.resolve(isAvailable()),
    reload,
    ownUnit: () => innermostUnit(readFileSync('/proc/self/cgroup', 'utf8')),
    stopsWith: async (unit, signal) => {
      const met = new Set([unit]);
      const running: string[] = [];
      for (const each of met) {
        const { ActiveState = '', Type, ...lists } = await unitProperties(systemctl, each, ['ActiveState', 'Type', ...STOP_WITH], signal);
        // what does something once, and is at it, would do it anew, and does not run after it
        const isOnce = Type === 'oneshot' && ActiveState === 'activating';
        if (each !== unit && TO_BE_STOPPED.includes(ActiveState) && !isOnce) running.push(each);
        for (const list of Object.values(lists)) for (const other of list.split(' ')) if (other !== '') met.add(other);
      }
      return running.toReversed();
    },
    stop: async (unit, signal) => void (await systemctl('stop', [], unit, signal)),
    start: async (unit, signal) => {
      await forgive(systemctl, unit, signal);
      await systemctl('start', [], unit, signal);
    },
    startAnew: async (unit, signal) => {
      await forgive(systemctl, unit, signal);
      await systemctl('restart', [], unit, signal);
    },
    isActive: async (unit, signal) => await isOneOf(unit, TO_BE_STOPPED, signal),
    isRunning: async (unit, signal) => await isOneOf(unit, ['active', 'reloading'], signal),
    // of what is no service there is no such number
    deaths: async (unit, signal) => Number((await valueOf(unit, 'NRestarts', signal)) || '0'),
  };
}

/** Stands in where no systemd runs, or where the root is a sandbox without a stand-in: does nothing. */
export const noServices: Services = {
  isAvailable: () => Promise.resolve(false),
  reload: () => Promise.resolve(),
  ownUnit: () => undefined,
  stopsWith: () => Promise.resolve([]),
  stop: () => Promise.resolve(),
  start: () => Promise.resolve(),
  startAnew: () => Promise.resolve(),
  isActive: () => Promise.resolve(false),
  isRunning: () => Promise.resolve(false),
  deaths: () => Promise.resolve(0),
};

/** A unit that was started too often, or died too often, is refused without this (StartLimitBurst, which Ceph's units set low). */
export async function forgive(systemctl: Systemctl, unit: string, signal: AbortSignal): Promise<void> {
  // one that has never been loaded has nothing to be forgiven
  await systemctl('reset-failed', [], unit, signal).catch(() => undefined);
}
