import { existsSync } from 'node:fs';
import type { Services } from '../ports.ts';
import { systemctl } from './systemctl.ts';

/** Drives systemd by systemctl(1). */
export function systemdServices(): Services {
  return {
    // sd_booted(3)
    isAvailable: () => Promise.resolve(existsSync('/run/systemd/system')),
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

/** ActiveState of systemd's D-Bus interface; "activating" is also what a unit is that waits to be started again after it died. */
async function stateOf(unit: string, signal: AbortSignal): Promise<string> {
  return (await systemctl('show', ['--property=ActiveState', '--value'], unit, signal)).trim();
}
