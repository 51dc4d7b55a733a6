import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UvsError } from '../../common/errors.ts';

const execute = promisify(execFile);
/** systemd's own limit for a unit is 90 s by default; this one is for units that set a longer one. */
const DEADLINE_MS = 300_000;

/** Runs systemctl(1) about one unit and returns what it printed. @throws UvsError SERVICE_FAILED, INVALID_ARGUMENT */
export type Systemctl = (verb: string, args: readonly string[], unit: string, signal: AbortSignal) => Promise<string>;

/** Has systemd read all its units again. @throws UvsError SERVICE_FAILED */
export type ReloadUnits = (signal: AbortSignal) => Promise<void>;

/** @param before arguments that come before its own */
export function reloadUnitsBy(program: string, ...before: readonly string[]): ReloadUnits {
  return async (signal) => {
    try {
      await execute(program, [...before, 'daemon-reload'], { timeout: DEADLINE_MS, killSignal: 'SIGKILL', signal });
    } catch (cause) {
      throw new UvsError('SERVICE_FAILED', `systemctl daemon-reload failed: ${lastLine(cause)}`, {
        cause,
        hint: 'See journalctl -b -u init.scope on the node.',
      });
    }
  };
}

export const reloadUnits = reloadUnitsBy('systemctl');

/** @param before arguments that come before its own */
export function systemctlBy(program: string, ...before: readonly string[]): Systemctl {
  return async (verb, args, unit, signal) => {
    checkUnitName(verb, unit);
    try {
      const all = [...before, verb, ...args, '--', unit];
      const { stdout } = await execute(program, all, { timeout: DEADLINE_MS, killSignal: 'SIGKILL', signal });
      return stdout;
    } catch (cause) {
      throw new UvsError('SERVICE_FAILED', `systemctl ${verb} ${unit} failed: ${lastLine(cause)}`, {
        cause,
        hint: `See journalctl -u ${unit} on the node.`,
      });
    }
  };
}

/** Globs would mean other units at the start than at the stop; only a listing may have them. */
function checkUnitName(verb: string, unit: string): void {
  const allowed = verb === 'list-units' ? /^[A-Za-z0-9:_.\\@*-]{1,255}$/ : /^[A-Za-z0-9:_.\\@-]{1,255}$/;
  if (!allowed.test(unit) || unit.startsWith('-')) {
    throw new UvsError('INVALID_ARGUMENT', `${JSON.stringify(unit)} is not the name of a unit`);
  }
}

function lastLine(cause: unknown): string {
  const text = cause instanceof Error && 'stderr' in cause && typeof cause.stderr === 'string' ? cause.stderr : String(cause);
  return text.trim().split('\n').at(-1) ?? '';
}
