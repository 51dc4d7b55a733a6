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
    isActive: (unit, signal) => isActive(unit, signal),
  };
}

/**
 * Stands for systemd while the machine boots: nothing runs that could be stopped, and who waited for a start would wait for ever, because
 * services start only once the boot has come past whoever asks. So what shall run is queued, and the boot starts it.
 */
export function bootingServices(): Services {
  return {
    isAvailable: () => Promise.resolve(existsSync('/run/systemd/system')),
    stop: () => Promise.resolve(),
    start: (unit, signal) => systemctl('start', unit, signal, '--no-block'),
    isActive: () => Promise.resolve(true),
  };
}

/** Stands in where no systemd runs, or where the root is a sandbox: does nothing. */
export const noServices: Services = {
  isAvailable: () => Promise.resolve(false),
  stop: () => Promise.resolve(),
  start: () => Promise.resolve(),
  isActive: () => Promise.resolve(false),
};

async function systemctl(verb: 'start' | 'stop', unit: string, signal: AbortSignal, ...options: readonly string[]): Promise<void> {
  checkUnitName(unit);
  try {
    await run('systemctl', [verb, ...options, '--', unit], { timeout: DEADLINE_MS, killSignal: 'SIGKILL', signal });
  } catch (cause) {
    throw new UvsError('SERVICE_FAILED', `systemctl ${verb} ${unit} failed: ${lastLine(cause)}`, {
      cause,
      hint: `See journalctl -u ${unit} on the node.`,
    });
  }
}

async function isActive(unit: string, signal: AbortSignal): Promise<boolean> {
  checkUnitName(unit);
  const { stdout } = await run('systemctl', ['show', '--property=ActiveState', '--value', '--', unit], {
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
    signal,
  });
  return ['active', 'activating', 'reloading'].includes(stdout.trim());
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
