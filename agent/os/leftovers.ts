import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { UvsError } from '../../common/errors.ts';
import type { TaskOwner } from '../ports.ts';

const DEADLINE_MS = 10_000;
const POLL_MS = 20;
/** A process that forks and ends may stand in no listing; one that does so again and again has to be missed so many times in a row. */
const EMPTY_LOOKS = 5;

/**
 * Kills every process whose environment names the operation and the agent, as that of each task does, and waits until they are gone. One that goes on
 * under another process id within the time of a look, on purpose, escapes it: only a control group holds that, which tasks have under systemd.
 */
export async function endLeftovers(owner: TaskOwner): Promise<number> {
  const ended = new Set<number>();
  let emptyLooks = 0;
  for (let waitedMs = 0; emptyLooks < EMPTY_LOOKS; waitedMs += POLL_MS) {
    if (waitedMs > 0) await delay(POLL_MS);
    const killed = killProcessesOf(owner);
    for (const { pid } of killed) ended.add(pid);
    // whoever has no rights can start what looks like the task's for ever: it is killed, and waited for by nobody
    const own = killed.filter(({ isOwn }) => isOwn).map(({ pid }) => pid);
    emptyLooks = own.length === 0 ? emptyLooks + 1 : 0;
    if (own.length > 0 && waitedMs > DEADLINE_MS) {
      throw new UvsError('NEEDS_OPERATOR', `process ${own.join(', ')} of operation ${owner.operation} cannot be killed`, {
        hint: 'It hangs in the kernel, or starts itself again and again: look at its stack in /proc, or reboot the node.',
      });
    }
  }
  return ended.size;
}

/** Each is killed as soon as it is found, the youngest first: whatever forks has moved on by the time that all are looked at. */
function killProcessesOf(owner: TaskOwner): readonly { readonly pid: number; readonly isOwn: boolean }[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const killed: { readonly pid: number; readonly isOwn: boolean }[] = [];
  for (const pid of youngestFirst(pids.map(Number), lastPid())) {
    if (!isOf(owner, pid)) continue;
    killed.push({ pid, isOwn: isOurs(pid) });
    kill(pid);
  }
  return killed;
}

/** Process ids are given in order, and begin anew where they have come to their end: the youngest is not the one with the highest. */
export function youngestFirst(pids: readonly number[], last: number): readonly number[] {
  const descending = pids.toSorted((left, right) => right - left);
  return [...descending.filter((pid) => pid <= last), ...descending.filter((pid) => pid > last)];
}

/** The id that was given last; the last field of proc_loadavg(5). */
function lastPid(): number {
  const last = Number(readFileSync('/proc/loadavg', 'utf8').trim().split(' ').at(-1));
  return Number.isSafeInteger(last) ? last : Number.MAX_SAFE_INTEGER;
}

/** Whether a process has the mark of an operation's tasks. */
export function isOf({ operation, stateDirectory }: TaskOwner, pid: number): boolean {
  const environment = environmentOf(pid);
  return [`UVS_OPERATION=${operation}`, `UVS_STATE_DIR=${stateDirectory}`].every((entry) => environment.includes(entry));
}

/** Empty for processes of others, kernel threads and zombies. */
function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/**
 * Whether the user that this process is of has started a process; not of one that has gone. By the real user id, the first that proc_pid_status(5) tells:
 * a program that is setuid is root's by its other ids, whoever starts it.
 */
export function isOurs(pid: number): boolean {
  try {
    const real = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(real) === process.getuid?.();
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it is gone already
  }
}
