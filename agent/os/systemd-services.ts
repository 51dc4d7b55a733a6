import type { Services } from '../ports.ts';
import type { Systemctl } from './systemctl.ts';

/** Drives systemd by systemctl(1). @param isBooted whether it runs at all */
export function systemdServices(systemctl: Systemctl, isBooted: () => boolean): Services {
  /** ActiveState of systemd's D-Bus interface; "activating" is also what a unit is that waits to be started again after it died. */
  const stateOf = async (unit: string, signal: AbortSignal): Promise<string> =>
    (await systemctl('show', ['--property=ActiveState', '--value'], unit, signal)).trim();
  return {
    isAvailable: () => Promise.resolve(isBooted()),
    stop: async (unit, signal) => void (await systemctl('stop', [], unit, signal)),
    start: async (unit, signal) => void (await systemctl('start', [], unit, signal)),
    isActive: async (unit, signal) => ['active', 'activating', 'reloading'].includes(await stateOf(unit, signal)),
    isRunning: async (unit, signal) => ['active', 'reloading'].includes(await stateOf(unit, signal)),
  };
}

/** Stands in where no systemd runs, or where the root is a sandbox: does nothing. */
export const noServices: Services = {
  isAvailable: () => Promise.resolve(false),
  stop: () => Promise.resolve(),
  start: () => Promise.resolve(),
  isActive: () => Promise.resolve(false),
  isRunning: () => Promise.resolve(false),
};
