import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { UvsError } from '../../common/errors.ts';
import type { Services } from '../ports.ts';

const run = promisify(execFile);
/** systemd's own limit for a unit is 90 s by default; this one is for units that set a longer one. */
const DEADLINE_MS = 300_000;

/** Drives systemd by systemctl(1). */
export function systemdServices(): Services {
  return {
    // sd_booted(3)
    isAvailable: () => Promise.resolve(existsSync('/run/systemd/system')),
    stop: (unit, signal) => systemctl('stop', unit, signal),
    start: (unit, signal) => systemctl('start', unit, signal),
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

async function systemctl(verb: 'start' | 'stop', unit: string, signal: AbortSignal): Promise<void> {
  checkUnitName(unit);
  try {
    await run('systemctl', [verb, '--', unit], { timeout: DEADLINE_MS, killSignal: 'SIGKILL', signal });
  } catch (cause) {
    throw new UvsError('SERVICE_FAILED', `systemctl ${verb} ${unit} failed: ${lastLine(cause)}`, {
      cause,
      hint: `See journalctl -u ${unit} on the node.`,
    });
  }
}

/** ActiveState of systemd's D-Bus interface; "activating" is also what a unit is that waits to be started again after it died. */
async function stateOf(unit: string, signal: AbortSignal): Promise<string> {
  checkUnitName(unit);
  const { stdout } = await run('systemctl', ['show', '--property=ActiveState', '--value', '--', unit], {
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
    signal,
  });
  return stdout.trim();
}

/** Globs would mean other units at the start than at the stop. */
function checkUnitName(unit: string): void {
  if (!/^[A-Za-z0-9:_.\\@-]{1,255}$/.test(unit) || unit.startsWith('-')) {
    throw new UvsError('INVALID_ARGUMENT', `${JSON.stringify(unit)} is not the name of a unit`);
  }
}

function lastLine(cause: unknown): string {
  const text = cause instanceof Error && 'stderr' in cause && typeof cause.stderr === 'string' ? cause.stderr : String(cause);
  return text.trim().split('\n').at(-1) ?? '';
}
