import { spawn, type ChildProcess } from 'node:child_process';
import { setPriority, totalmem } from 'node:os';
import type { Readable } from 'node:stream';
import { UvsError } from '../../common/errors.ts';
import type { TaskResult, TaskRun, Tasks } from '../ports.ts';
import { memoryBytes, type TaskLimits } from '../task-limits.ts';
import { endLeftovers } from './leftovers.ts';
import { LineSplitter } from './line-splitter.ts';
import { ProcessCount } from './process-count.ts';

/** How long output may still come once the group is dead: only a process that left the group can hold the pipe. */
const DRAIN_MS = 1_000;
/** How often a task's processes are counted. */
const COUNT_MS = 100;
/** As nice(1) has it: the node's own services come before a task, and the agent before one that forks without end. */
const NICENESS = 10;

/** What there is of tasks for the next agent: nothing. */
export const endWithTheirAgent: Pick<Tasks, 'canReattach' | 'reattach' | 'forget'> = {
  canReattach: () => Promise.resolve(false),
  reattach: () => Promise.resolve(undefined),
  forget: () => Promise.resolve(),
};

/**
 * Runs tasks where no systemd does: each leads a process group that is killed with it, and what has left the group is found by its environment.
 * Memory and processor time are limited for each process by itself, and processes are counted: a task that has too many is ended. A task does not
 * outlive its agent: what is left of it is ended.
 */
export function processTasks(limits: TaskLimits): Tasks {
  return {
    run: async (task, onLine, signal) => {
      const result = await runTask(task, onLine, signal, limits);
      const left = await endLeftovers(task);
      if (left > 0) onLine(`${left} processes that task ${task.name} had left running were ended`);
      return result;
    },
    ...endWithTheirAgent,
    endLeftovers: (owner) => endLeftovers(owner),
  };
}

/**
 * Writable memory of a process (RLIMIT_DATA), in KiB: RLIMIT_AS would count what a runtime like Node only reserves, and RLIMIT_RSS does nothing. Its
 * processor time (RLIMIT_CPU), in seconds: SIGXCPU at the first limit, which a program may ignore, SIGKILL at the second. RLIMIT_NPROC does not bind root.
 */
const LIMITED = 'ulimit -d "$1" && ulimit -S -t "$2" && ulimit -H -t "$3" || exit 126; shift 3; exec "$@"';

async function runTask(task: TaskRun, onLine: (line: string) => void, signal: AbortSignal, limits: TaskLimits): Promise<TaskResult> {
  const graceMs = limits.graceSeconds * 1000;
  const memoryKib = String(Math.floor(memoryBytes(limits, totalmem()) / 1024));
  const cpuSeconds = Math.ceil(((task.timeoutMs / 1000) * limits.cpuPercent) / 100);
  const child = spawn(
    '/bin/sh',
    ['-c', LIMITED, 'sh', memoryKib, `${cpuSeconds}`, `${cpuSeconds + limits.graceSeconds}`, task.program, ...task.args],
    {
      cwd: task.cwd,
      env: { ...task.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const drained = Promise.all([drain(child.stdout, onLine), drain(child.stderr, onLine)]);
  let isTimedOut = false;
  const timers: NodeJS.Timeout[] = [];
  const end = (): void => {
    killGroup(child, 'SIGTERM');
    timers.push(setTimeout(() => killGroup(child, 'SIGKILL'), graceMs));
  };
  timers.push(
    setTimeout(() => {
      isTimedOut = true;
      end();
    }, task.timeoutMs),
  );
  signal.addEventListener('abort', end, { once: true });
  const counting = watchCount(child, task, limits);
  try {
    const { exitCode, exitSignal } = await exited(child, task);
    killGroup(child, 'SIGKILL');
    const drainTimer = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, DRAIN_MS);
    await drained;
    clearTimeout(drainTimer);
    counting.stop();
    await counting.ended();
    if (exitSignal === 'SIGXCPU') onLine(`task ${task.name} had used ${cpuSeconds} s of processor time, which is all that it may have`);
    return { exitCode, signal: exitSignal, isTimedOut, isOutOfMemory: false };
  } finally {
    counting.stop();
    signal.removeEventListener('abort', end);
    for (const timer of timers) clearTimeout(timer);
  }
}

/** Ends a task as soon as it has more processes than it may have: the group in one act, which none of it forks away from, and then what has left it. */
function watchCount(child: ChildProcess, task: TaskRun, { processes }: TaskLimits): { stop(): void; ended(): Promise<void> } {
  if (child.pid === undefined) return { stop: () => undefined, ended: () => Promise.resolve() };
  lower(child.pid);
  const count = new ProcessCount(task, child.pid);
  let ended: Promise<never> | undefined;
  const timer = setInterval(() => {
    if (!count.isAbove(processes)) return;
    clearInterval(timer);
    killGroup(child, 'SIGKILL');
    ended = endLeftovers(task).then(() => {
      throw new UvsError(
        'TASK_FAILED',
        `task ${task.name} was ended because it had more processes and threads than a task may have (${processes})`,
        {
          hint: 'What a task may have is set in agent.toml: [tasks] processes.',
        },
      );
    });
    // told where the task's end is waited for
    ended.catch(() => undefined);
  }, COUNT_MS);
  return { stop: () => clearInterval(timer), ended: async () => await ended };
}

function lower(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // it has ended already
  }
}

function exited(child: ChildProcess, task: TaskRun): Promise<{ exitCode: number | undefined; exitSignal: string | undefined }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        new UvsError('TASK_FAILED', `task ${task.name} could not be started: ${cause.message}`, {
          cause,
          hint: 'Its first line must name an interpreter that this node has.',
        }),
      );
    });
    child.once('exit', (code, exitSignal) => resolve({ exitCode: code ?? undefined, exitSignal: exitSignal ?? undefined }));
  });
}

function killGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // ESRCH: nobody of the group is left
  }
}

function drain(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const lines = new LineSplitter(onLine);
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => lines.push(chunk));
    stream.once('error', () => undefined);
    stream.once('close', () => {
      lines.end();
      resolve();
    });
  });
}
