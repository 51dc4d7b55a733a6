import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { UvsError } from '../../common/errors.ts';
import type { TaskResult, TaskRun, Tasks } from '../ports.ts';
import { endLeftovers } from './leftovers.ts';
import { LineSplitter } from './line-splitter.ts';

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 10_000;
/** How long output may still come once the group is dead: only a process that left the group can hold the pipe. */
const DRAIN_MS = 1_000;

/** Runs tasks as plain processes, each the leader of a process group that is killed with it. */
export function processTasks(options: { readonly graceMs?: number } = {}): Tasks {
  const graceMs = options.graceMs ?? GRACE_MS;
  return {
    run: (task, onLine, signal) => runTask(task, onLine, signal, graceMs),
    endLeftovers: (owner) => endLeftovers(owner),
  };
}

async function runTask(task: TaskRun, onLine: (line: string) => void, signal: AbortSignal, graceMs: number): Promise<TaskResult> {
  const child = spawn(task.program, [...task.args], {
    cwd: task.cwd,
    env: { ...task.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
      onLine(`task ${task.name} took longer than ${task.timeoutMs / 1000} s and is ended`);
      end();
    }, task.timeoutMs),
  );
  signal.addEventListener('abort', end, { once: true });
  try {
    const { exitCode, exitSignal } = await exited(child, task);
    killGroup(child, 'SIGKILL');
    const drainTimer = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, DRAIN_MS);
    await drained;
    clearTimeout(drainTimer);
    return { exitCode, signal: exitSignal, isTimedOut };
  } finally {
    signal.removeEventListener('abort', end);
    for (const timer of timers) clearTimeout(timer);
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
