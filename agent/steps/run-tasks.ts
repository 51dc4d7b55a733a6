import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UvsError, toUvsError } from '../../common/errors.ts';
import type { Task, TaskStage } from '../../common/upd/manifest.ts';
import type { FailpointName } from '../failpoints.ts';
import { manifestOf, mayDisturb, mayStillDisturb, stateOf, type OperationContext } from '../operation-context.ts';

const failpoints = {
  pre: ['pre-task-recorded', 'pre-task-ran', 'pre-task-end-recorded'],
  post: ['post-task-recorded', 'post-task-ran', 'post-task-end-recorded'],
  cleanup: ['cleanup-task-recorded', 'cleanup-task-ran', 'cleanup-task-end-recorded'],
} as const satisfies Record<TaskStage, readonly [FailpointName, FailpointName, FailpointName]>;

/** Of the last line of a task that failed, which mostly says why. */
const SAID_CHARS = 200;

/** Runs the tasks of a stage one after the other, each recorded before and after; those that ended well before a crash are not run again. */
export async function runTasks(context: OperationContext, stage: TaskStage, signal: AbortSignal): Promise<void> {
  for (const [index, task] of manifestOf(context).tasks.entries()) {
    if (task.stage === stage && !stateOf(context).finishedTasks.has(index)) await runOne(context, task, index, signal);
  }
}

async function runOne(context: OperationContext, task: Task, index: number, signal: AbortSignal): Promise<void> {
  const { operation, journal, ports } = context;
  const { stage, name, idempotent } = task;
  await mayDisturb(context, signal);
  await journal.append({ kind: 'task-started', operation, stage, index, name, idempotent });
  const [recorded, ran, endRecorded] = failpoints[stage];
  ports.failpoints.pass(recorded);
  context.say(`Running ${stage} task ${name} …`);
  const failure = await execute(context, task, index, signal);
  ports.failpoints.pass(ran);
  await journal.append({ kind: 'task-ended', operation, stage, index, isGood: failure === undefined });
  ports.failpoints.pass(endRecorded);
  if (failure !== undefined) throw failure;
}

async function execute(context: OperationContext, task: Task, index: number, signal: AbortSignal): Promise<UvsError | undefined> {
  const program = context.staging.taskPath(index);
  // the staging area is the agent's alone; a disk that changed its mind is still caught
  const found = createHash('sha256')
    .update(await readFile(program))
    .digest('hex');
  if (found !== task.sha256)
    return new UvsError('PACKAGE_CORRUPT', `the program of task ${task.name} is not what the manifest says any more`);
  let lastLine = '';
  const tell = (line: string): void => {
    if (line.trim() !== '') lastLine = line.trim();
    context.tell(line);
  };
  try {
    await mayStillDisturb(context, signal);
    const run = {
      operation: context.operation,
      name: task.name,
      program,
      args: task.args,
      env: environment(context, task),
      cwd: context.setup.root,
      timeoutMs: task.timeoutSeconds * 1000,
    };
    const {
      exitCode,
      signal: killedBy,
      isTimedOut,
    } = await context.ports.tasks.run(run, tell, AbortSignal.any([signal, context.revocation]));
    if (exitCode === 0 && !isTimedOut) return undefined;
    if (context.revocation.aborted)
      return new UvsError('TASK_FAILED', `${task.stage} task ${task.name} was ended: ${toUvsError(context.revocation.reason).message}`);
    const how = isTimedOut
      ? `was ended after ${task.timeoutSeconds} s`
      : killedBy === undefined
        ? `exited ${exitCode}`
        : `was killed by ${killedBy}`;
    const said = lastLine === '' ? '' : `: ${lastLine.slice(0, SAID_CHARS)}`;
    return new UvsError('TASK_FAILED', `${task.stage} task ${task.name} ${how}${said}`, { hint: 'See the output of the operation.' });
  } catch (error) {
    return error instanceof UvsError
      ? error
      : new UvsError('TASK_FAILED', `${task.stage} task ${task.name}: ${String(error)}`, { cause: error });
  }
}

/** Nothing of the agent's own environment gets through. */
function environment(context: OperationContext, task: Task): Readonly<Record<string, string>> {
  const accepted = stateOf(context).accepted;
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/',
    LANG: 'C.UTF-8',
    UVS_OPERATION: context.operation,
    UVS_STAGE: task.stage,
    UVS_ROOT: context.setup.root,
    UVS_VERSION: accepted?.version ?? '',
    UVS_FROM_VERSION: accepted?.fromVersion ?? '',
    UVS_NODE_NAME: context.setup.nodeName,
    UVS_STATE_DIR: context.state.path,
  };
}
