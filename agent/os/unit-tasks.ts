import { readdir } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { toUvsError, UvsError } from '../../common/errors.ts';
import { describeMemory, type TaskLimits } from '../task-limits.ts';
import type { TaskId, TaskOwner, TaskResult, TaskRun, Tasks } from '../ports.ts';
import { endLeftovers } from './leftovers.ts';
import { LineSplitter } from './line-splitter.ts';
import type { SystemdProgram } from './systemd-program.ts';
import { MAX_TASK_OUTPUT_BYTES, UnitFiles } from './unit-files.ts';
import { parseResult, parseUnit, unitProperties, type UnitState } from './unit-result.ts';

const POLL_MS = 100;
/** How often the service manager is asked whether the unit is still there. */
const LOOK_MS = 2_000;
/** Beyond the task's own time and its grace: for a unit that systemd can't end, because it hangs in the kernel. */
const LATE_MS = 30_000;
/** At least so long a grace: what records the result has the same time, and within the task's own limits a slow node takes a second for it. */
const LEAST_STOP_SECONDS = 5;
/** A service manager that starts anew is back within seconds. */
const ASK_AGAIN = 20;
const ASK_AGAIN_MS = 500;
const READ_BYTES = 64 * 1024;

/**
 * Runs tasks as transient units of systemd, named by operation and task: limits of the kernel, an end that reaches every process, and a life
 * of their own, so that the next agent goes on with what this one has started.
 */
export function unitTasks(options: { readonly systemd: SystemdProgram; readonly directory: string; readonly limits: TaskLimits }): Tasks {
  const { systemd, directory, limits } = options;
  const filesOf = (task: TaskId): UnitFiles => new UnitFiles(join(directory, nameOf(task)));
  return {
    memoryLimit: describeMemory(limits, totalmem()),
    run: async (task, onLine, signal) => {
      const files = filesOf(task);
      // one that failed under this name would be in the way, and be taken for this one's end
      await forgetUnit(systemd, unitOf(task));
      await files.prepare(task, unitOf(task), MAX_TASK_OUTPUT_BYTES);
      await start(systemd, task, files, limits);
      const result = await followOrStop(systemd, task, files, limits, onLine, signal);
      if (result !== undefined) return result;
      throw new UvsError('TASK_FAILED', `nobody knows what task ${task.name} came to: its unit ${unitOf(task)} is gone`);
    },
    canReattach: async (task) => {
      const files = filesOf(task);
      if (!(await files.exist())) return false;
      if (await files.isOver()) return true;
      const { isRunning, end } = await stateOf(systemd, unitOf(task));
      return isRunning || end !== undefined || (await files.isOver());
    },
    reattach: (task, onLine, signal) => followOrStop(systemd, task, filesOf(task), limits, onLine, signal),
    forget: async (task) => {
      await filesOf(task).remove();
      // it has told its end while it was about to end
      await systemd.control('stop', unitOf(task)).catch(() => undefined);
      await forgetUnit(systemd, unitOf(task));
    },
    endLeftovers: async (owner) => {
      const found = await endLeftovers(owner);
      return Math.max(found, await endUnits(systemd, directory, owner));
    },
  };
}

function nameOf({ operation, index }: TaskId): string {
  return `${prefixOf(operation)}${index}`;
}

function prefixOf(operation: string): string {
  return `uvs-task-${operation}-`;
}

function unitOf(task: TaskId): string {
  return `${nameOf(task)}.service`;
}

async function start(systemd: SystemdProgram, task: TaskRun, files: UnitFiles, limits: TaskLimits): Promise<void> {
  const properties = [
    'Type=exec',
    'StandardInput=null',
    'StandardOutput=null',
    'StandardError=null',
    `WorkingDirectory=${task.cwd}`,
    `MemoryMax=${limits.memory}`,
    'MemorySwapMax=0',
    `CPUQuota=${limits.cpuPercent}%`,
    `TasksMax=${limits.processes}`,
    `RuntimeMaxSec=${task.timeoutMs}ms`,
    `TimeoutStopSec=${Math.max(limits.graceSeconds, LEAST_STOP_SECONDS)}s`,
    'KillMode=control-group',
    'SendSIGKILL=yes',
    // of the node's services none is to die for a task
    'OOMScoreAdjust=500',
    'OOMPolicy=kill',
    `ExecStopPost=/bin/sh ${files.endScript}`,
  ];
  const args = [
    '--quiet',
    `--unit=${unitOf(task)}`,
    `--description=UVS task ${task.name} of ${task.operation}`,
    ...properties.map((property) => `--property=${property}`),
    '--',
    '/bin/sh',
    files.startScript,
  ];
  try {
    await systemd.run(args);
  } catch (cause) {
    // a start fails also where the task has failed before systemd took note that it began
    if (await files.haveBegun()) return;
    // it may be about to begin all the same
    await systemd.control('stop', unitOf(task)).catch(() => undefined);
    throw new UvsError('TASK_FAILED', `task ${task.name} could not be started: ${toUvsError(cause).message}`, {
      cause,
      hint: `See journalctl -u ${unitOf(task)} on the node.`,
    });
  }
}

/** A task that can't be followed any more is ended: it would run on beside what comes next. */
async function followOrStop(systemd: SystemdProgram, task: TaskRun, ...more: Following): Promise<TaskResult | undefined> {
  try {
    return await follow(systemd, task, ...more);
  } catch (error) {
    await systemd.control('stop', unitOf(task)).catch(() => undefined);
    throw error;
  }
}

type Following = [files: UnitFiles, limits: TaskLimits, onLine: (line: string) => void, signal: AbortSignal];

/**
 * Tells the output as it comes until the task's result is there: what the unit wrote down, or where it could not, what systemd remembers of it.
 * Undefined where the unit is gone without one.
 */
async function follow(
  systemd: SystemdProgram,
  task: TaskRun,
  ...[files, limits, onLine, signal]: Following
): Promise<TaskResult | undefined> {
  await using output = new UnitOutput(files, onLine);
  const unit = unitOf(task);
  const deadlineMs = performance.now() + task.timeoutMs + limits.graceSeconds * 1000 + LATE_MS;
  let lookAtMs = 0;
  let isStopping = false;
  for (;;) {
    const result = await files.result(task);
    await output.tell();
    if (result !== undefined) return result;
    if (signal.aborted && !isStopping) {
      isStopping = true;
      await systemd.control('stop', unit).catch(() => undefined);
    }
    if (performance.now() > deadlineMs) {
      throw new UvsError('TASK_FAILED', `task ${task.name} does not end, though its time is over`, {
        hint: 'It hangs in the kernel: look at its stack in /proc, or reboot the node.',
      });
    }
    if (performance.now() > lookAtMs) {
      lookAtMs = performance.now() + LOOK_MS;
      // asked in this order: it may have ended between; a manager that does not answer, as while it starts anew, has ended nothing
      const { isRunning, end } = await stateOf(systemd, unit).catch(() => unasked);
      if (isRunning || (await files.isOver())) continue;
      await output.tell();
      return end === undefined ? undefined : parseResult(end, task.timeoutMs);
    }
    await delay(POLL_MS);
  }
}

/** Reads a task's output from the line where the last agent was; lines around that place may come twice, and none is lost. */
class UnitOutput implements AsyncDisposable {
  readonly #files: UnitFiles;
  readonly #onLine: (line: string) => void;
  readonly #lines: LineSplitter;
  #file: Awaited<ReturnType<UnitFiles['openOutput']>>;
  #at: number | undefined;
  /** End of the last whole line, and what that was a turn ago. */
  #lineEnd = 0;
  #lineEndBefore = 0;

  constructor(files: UnitFiles, onLine: (line: string) => void) {
    this.#files = files;
    this.#onLine = onLine;
    this.#lines = new LineSplitter(onLine);
  }

  async tell(): Promise<void> {
    this.#file ??= await this.#files.openOutput();
    if (this.#file === undefined) return;
    this.#at ??= this.#lineEnd = this.#lineEndBefore = await this.#files.told();
    // what was told a turn ago has been written down by now
    if (this.#lineEnd > this.#lineEndBefore) await this.#files.tell((this.#lineEndBefore = this.#lineEnd));
    for (;;) {
      const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, this.#at);
      if (bytesRead === 0) return;
      const chunk = buffer.subarray(0, bytesRead);
      const end = chunk.lastIndexOf('\n');
      if (end !== -1) this.#lineEnd = this.#at + end + 1;
      this.#at += bytesRead;
      this.#lines.push(chunk);
      if (this.#at >= MAX_TASK_OUTPUT_BYTES) this.#onLine('(further output of this task is left out)');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lines.end();
    await this.#file?.close();
  }
}

const unasked: UnitState = { isRunning: true, end: undefined };

async function stateOf(systemd: SystemdProgram, unit: string): Promise<UnitState> {
  return parseUnit(await systemd.control('show', `--property=${unitProperties.join(',')}`, unit));
}

/** What has failed systemd keeps until then; of what did not it knows nothing any more, and says so. */
async function forgetUnit(systemd: SystemdProgram, unit: string): Promise<void> {
  await systemd.control('reset-failed', unit).catch(() => undefined);
}

/** Asks again for a while: what runs on is not ended by a question that failed. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = ASK_AGAIN; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      if (left === 0) throw error;
      await delay(ASK_AGAIN_MS);
    }
  }
}

/** Ends the units of an operation at once, whatever their processes are called. Returns how many ran. */
async function endUnits(systemd: SystemdProgram, directory: string, { operation }: TaskOwner): Promise<number> {
  const prefix = prefixOf(operation);
  // asked of systemd, because the files may be gone
  const listed = await patiently(() => systemd.control('list-units', '--all', '--plain', '--no-legend', '--full', `${prefix}*.service`));
  const units = listed.split('\n').flatMap((line) => /^uvs-task-\S+\.service/.exec(line.trim())?.[0] ?? []);
  let running = 0;
  for (const unit of units) {
    if ((await patiently(() => stateOf(systemd, unit))).isRunning) {
      running += 1;
      // either may fail because the unit has gone meanwhile, and systemd with it has forgotten it
      await systemd.control('kill', '--signal=SIGKILL', unit).catch(() => undefined);
      await systemd.control('stop', unit).catch(() => undefined);
      if ((await patiently(() => stateOf(systemd, unit))).isRunning) {
        throw new UvsError('NEEDS_OPERATOR', `the unit ${unit} of an earlier agent's task cannot be ended`, {
          hint: `It hangs in the kernel: look at systemctl status ${unit}, or reboot the node.`,
        });
      }
    }
    await forgetUnit(systemd, unit);
  }
  for (const name of await readdir(directory).catch(() => []))
    if (name.startsWith(prefix)) await new UnitFiles(join(directory, name)).remove();
  return running;
}
