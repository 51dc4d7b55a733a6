import { constants } from 'node:os';
import type { TaskResult } from '../ports.ts';

/** What systemd is asked about a task's unit. */
export const unitProperties = [
  'ActiveState',
  'Result',
  'ExecMainCode',
  'ExecMainStatus',
  'ExecMainStartTimestampMonotonic',
  'ExecMainExitTimestampMonotonic',
] as const;

export interface UnitState {
  readonly isRunning: boolean;
  /** What it came to, as the end script writes it: known of a unit that has failed, which systemd keeps until it is told to forget it. */
  readonly end: string | undefined;
}

/** CLD_EXITED, CLD_KILLED and CLD_DUMPED of waitid(2), by which systemctl tells how a process ended. */
const HOW: Readonly<Record<string, string>> = { 1: 'exited', 2: 'killed', 3: 'dumped' };

/** @param text what `systemctl show` prints of the properties above; of a unit that is not there too it prints something */
export function parseUnit(text: string): UnitState {
  const found = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]));
  const property = (name: (typeof unitProperties)[number]): string => found.get(name) ?? '';
  const state = property('ActiveState');
  if (state !== 'failed') return { isRunning: !['inactive', ''].includes(state), end: undefined };
  const how = HOW[property('ExecMainCode')] ?? '-';
  const status = property('ExecMainStatus');
  const [started, exited] = [Number(property('ExecMainStartTimestampMonotonic')), Number(property('ExecMainExitTimestampMonotonic'))];
  const ranMs = started > 0 && exited >= started ? Math.floor((exited - started) / 1000) : '-';
  return { isRunning: false, end: `${property('Result')} ${how} ${how === 'exited' ? status : signalName(Number(status))} 0 ${ranMs}` };
}

/** `SERVICE_RESULT EXIT_CODE EXIT_STATUS` of systemd.exec(5), how many processes were killed for their memory, and the task's own milliseconds. */
export function parseResult(text: string, timeoutMs: number): TaskResult {
  const [result = '', how = '', status = '', killed = '', ranMs = ''] = text.trim().split(' ');
  const isExited = how === 'exited' && /^\d+$/.test(status);
  const isGood = isExited && status === '0';
  const wasInTime = isExited && /^\d+$/.test(ranMs) && Number(ranMs) < timeoutMs;
  return {
    exitCode: isExited ? Number(status) : undefined,
    signal: isExited ? undefined : how === 'killed' || how === 'dumped' ? `SIG${status}` : result,
    isTimedOut: result === 'timeout' && !wasInTime,
    isOutOfMemory: result === 'oom-kill' || (!isGood && /^[1-9]/.test(killed)),
  };
}

/** As systemd.exec(5) has it: without SIG. */
function signalName(number: number): string {
  const [name] = Object.entries(constants.signals).find(([, value]) => value === number) ?? [];
  return name?.slice('SIG'.length) ?? '-';
}
