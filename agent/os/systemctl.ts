import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { toUvsError, UvsError } from '../../common/errors.ts';

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
    await answerOf([program, ...before, 'daemon-reload'], signal, {
      what: 'systemctl daemon-reload',
      failed: 'systemctl daemon-reload failed',
      hint: 'See journalctl -b -u init.scope on the node.',
    });
  };
}

export const reloadUnits = reloadUnitsBy('systemctl');

/** @param before arguments that come before its own */
export function systemctlBy(program: string, ...before: readonly string[]): Systemctl {
  return async (verb, args, unit, signal) => {
    checkUnitName(verb, unit);
    return await answerOf([program, ...before, verb, ...args, '--', unit], signal, {
      what: `systemctl ${verb} ${unit}`,
      failed: `systemctl ${verb} ${unit} failed`,
      hint: `See journalctl -u ${unit} on the node.`,
    });
  };
}

/** What it printed. @throws UvsError SERVICE_FAILED; one that was stopped before it answered has itself said nothing of why */
async function answerOf(
  [program = '', ...args]: readonly string[],
  signal: AbortSignal,
  { what, failed, hint }: { readonly what: string; readonly failed: string; readonly hint: string },
): Promise<string> {
  const askedMs = performance.now();
  try {
    return (await execute(program, args, { timeout: DEADLINE_MS, killSignal: 'SIGKILL', signal })).stdout;
  } catch (cause) {
    const isLate = signal.aborted ? isTimeLimit(signal.reason) : cause instanceof Error && 'killed' in cause && cause.killed === true;
    if (isLate) {
      const afterS = Math.max(1, Math.round((performance.now() - askedMs) / 1000));
      throw new UvsError('SERVICE_FAILED', `${what} has not answered within ${afterS} s`, {
        cause,
        hint: 'See systemctl list-jobs on the node: what waits for what.',
      });
    }
    if (signal.aborted) throw new UvsError('SERVICE_FAILED', `${what} was given up: ${toUvsError(signal.reason).message}`, { cause });
    throw new UvsError('SERVICE_FAILED', `${failed}: ${whyOf(cause)}`, { cause, hint });
  }
}

/** Whether a signal was aborted because time was up, by AbortSignal.timeout or a Deadline. */
function isTimeLimit(reason: unknown): boolean {
  if (reason instanceof UvsError) return reason.reason === 'DEADLINE_EXCEEDED';
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

/** Globs would mean other units at the start than at the stop; only a listing may have them. */
function checkUnitName(verb: string, unit: string): void {
  const allowed = verb === 'list-units' ? /^[A-Za-z0-9:_.\\@*-]{1,255}$/ : /^[A-Za-z0-9:_.\\@-]{1,255}$/;
  if (!allowed.test(unit) || unit.startsWith('-')) {
    throw new UvsError('INVALID_ARGUMENT', `${JSON.stringify(unit)} is not the name of a unit`);
  }
}

/** The last that it said, or how it ended where it said nothing. */
function whyOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const said = 'stderr' in cause && typeof cause.stderr === 'string' ? cause.stderr.trim().split('\n').at(-1) : '';
  if (said !== undefined && said !== '') return said;
  if ('signal' in cause && typeof cause.signal === 'string') return `it was ended by ${cause.signal}`;
  return 'code' in cause && typeof cause.code === 'number' ? `it ended with status ${cause.code}` : cause.message;
}
