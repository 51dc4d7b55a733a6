import type { Services } from '../ports.ts';
import type { ReloadUnits, Systemctl } from './systemctl.ts';

/** Drives systemd by systemctl(1). */
export function systemdServices(systemctl: Systemctl, reload: ReloadUnits, isAvailable: () => boolean): Services {
  return {
    isAvailable: () => Promise.resolve(isAvailable()),
    reload,
    stop: async (unit, signal) => void (await systemctl('stop', [], unit, signal)),
    start: async (unit, signal) => {
      await forgive(systemctl, unit, signal);
      await systemctl('start', [], unit, signal);
    },
    isActive: async (unit, signal) => ['active', 'activating', 'reloading'].includes(await stateOf(systemctl, unit, signal)),
    isRunning: async (unit, signal) => ['active', 'reloading'].includes(await stateOf(systemctl, unit, signal)),
  };
}

/** Stands in where no systemd runs, or where the root is a sandbox without a stand-in: does nothing. */
export const noServices: Services = {
  isAvailable: () => Promise.resolve(false),
  reload: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  start: () => Promise.resolve(),
  isActive: () => Promise.resolve(false),
  isRunning: () => Promise.resolve(false),
};

/** A unit that was started too often, or died too often, is refused without this (StartLimitBurst, which Ceph's units set low). */
export async function forgive(systemctl: Systemctl, unit: string, signal: AbortSignal): Promise<void> {
  // one that has never been loaded has nothing to be forgiven
  await systemctl('reset-failed', [], unit, signal).catch(() => undefined);
}

/** ActiveState of systemd's D-Bus interface; "activating" is also what a unit is that waits to be started again after it died. */
async function stateOf(systemctl: Systemctl, unit: string, signal: AbortSignal): Promise<string> {
  return (await systemctl('show', ['--property=ActiveState', '--value'], unit, signal)).trim();
}
