import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskFile } from '../files/disk-file.ts';
import { mkdirs, removeTree, rename } from '../files/disk.ts';
import { isErrno } from '../files/errno.ts';
import { openToRead, readTextIfThere } from '../files/reading.ts';
import type { TaskResult, TaskRun } from '../ports.ts';
import { PROGRAM_PATH } from './program-path.ts';
import { parseResult } from './unit-result.ts';

/** Kept of a task's output; what comes after is read and dropped, so that the task neither fills the disk nor waits for a reader. */
export const MAX_TASK_OUTPUT_BYTES = 4 * 1024 * 1024;

/** A unit has systemd's own, in which /usr/local comes first. */
const FIXED_PATH = `PATH=${PROGRAM_PATH}`;

/**
 * What a task's unit and the agents that follow it share: the scripts that start and end it, its output, its result, and how far the output
 * was read. Lies in /run, so that it is there as long as the unit can be: it survives the agent, not the boot. No disk that the task fills holds it.
 */
export class UnitFiles {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get startScript(): string {
    return join(this.directory, 'start');
  }

  get endScript(): string {
    return join(this.directory, 'end');
  }

  /** Makes them anew, without output and result. */
  async prepare(task: TaskRun, unit: string, maxOutputBytes: number): Promise<void> {
    await removeTree(this.directory);
    await mkdirs(this.directory, 0o700);
    await write(this.startScript, startScript(this.directory, task, maxOutputBytes));
    await write(this.endScript, endScript(this.directory, unit));
  }

  /** Undefined until the task has ended. */
  async result({ timeoutMs }: Pick<TaskRun, 'timeoutMs'>): Promise<TaskResult | undefined> {
    const text = await readTextIfThere(join(this.directory, 'result'));
    return text === undefined ? undefined : parseResult(text, timeoutMs);
  }

  exist(): Promise<boolean> {
    return isThere(this.startScript);
  }

  /** Whether the start script has run. */
  haveBegun(): Promise<boolean> {
    return isThere(join(this.directory, 'pipe'));
  }

  /** Whether the task has left its result. */
  isOver(): Promise<boolean> {
    return isThere(join(this.directory, 'result'));
  }

  /** Undefined as long as there is none. */
  async openOutput(): Promise<Awaited<ReturnType<typeof openToRead>> | undefined> {
    try {
      return await openToRead(join(this.directory, 'output'));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /** Bytes of the output that an agent has told already. */
  async told(): Promise<number> {
    return Number((await readTextIfThere(join(this.directory, 'told'))) ?? 0) || 0;
  }

  async tell(bytes: number): Promise<void> {
    const path = join(this.directory, 'told');
    await write(`${path}.new`, String(bytes));
    await rename(`${path}.new`, path);
  }

  async remove(): Promise<void> {
    await removeTree(this.directory);
  }
}

/**
 * The task becomes the unit's main process, so that its result is the unit's. Its output goes through a pipe to a reader in the same unit,
 * which keeps the first bytes, each as soon as it comes, and drops the others, and which ends only when nobody can write any more: it does not hear SIGTERM.
 */
function startScript(directory: string, task: TaskRun, maxOutputBytes: number): string {
  const dir = quote(directory);
  const environment = Object.entries(task.env).map(([name, value]) => quote(`${name}=${value}`));
  return [
    FIXED_PATH,
    `mkfifo ${dir}/pipe || exit 126`,
    `(trap '' TERM; { stdbuf -o0 head -c ${maxOutputBytes} >${dir}/output; exec cat >/dev/null; } <${dir}/pipe 2>/dev/null &)`,
    `exec env -i ${[...environment, ...[task.program, ...task.args].map(quote)].join(' ')} >${dir}/pipe 2>&1 </dev/null`,
    '',
  ].join('\n');
}

/**
 * Runs when nothing of the task is left (ExecStopPost of systemd.service(5)), within the task's own limits: it starts as few programs as it can, and
 * may die all the same where the task's memory is not given back by then, which systemd takes for the unit's failure and remembers. Tells
 * as well whether the kernel had to end something for its memory, and of what systemd calls a timeout how long the task itself ran: it says so too where a
 * task ended in time and left something that does not hear SIGTERM.
 */
function endScript(directory: string, unit: string): string {
  const dir = quote(directory);
  const times = ['ExecMainStartTimestampMonotonic', 'ExecMainExitTimestampMonotonic'] as const;
  return [
    FIXED_PATH,
    'killed=0',
    'while IFS=: read -r number controllers path; do',
    '  case $controllers in',
    '  memory) counts=/sys/fs/cgroup/memory$path/memory.oom_control ;;',
    "  '') counts=/sys/fs/cgroup$path/memory.events ;;",
    '  *) continue ;;',
    '  esac',
    '  [ -r "$counts" ] || continue',
    '  while read -r what count; do [ "$what" != oom_kill ] || killed=$count; done <"$counts"',
    'done </proc/self/cgroup',
    'ran=-',
    `if [ "$SERVICE_RESULT $EXIT_CODE" = 'timeout exited' ]; then`,
    `  eval "$(systemctl show --property=${times.join(',')} ${unit} | grep -E '^[A-Za-z]+=[0-9]+$')"`,
    `  [ -z "$${times[1]}" ] || ran=$(((${times[1]} - ${times[0]}) / 1000))`,
    'fi',
    `code=\${EXIT_CODE:--} status=\${EXIT_STATUS:--}`,
    `printf '%s %s %s %s %s\\n' "$SERVICE_RESULT" "$code" "$status" "$killed" "$ran" >${dir}/result.new`,
    `mv ${dir}/result.new ${dir}/result`,
    '',
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function write(path: string, text: string): Promise<void> {
  await using file = await DiskFile.open(path, 'w', 0o600);
  await file.write(Buffer.from(text));
}
