import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UvsError, toUvsError } from '../../common/errors.ts';
import type { Task, TaskStage } from '../../common/upd/manifest.ts';
import type { FailpointName } from '../failpoints.ts';
import { manifestOf, mayDisturb, mayStillDisturb, stateOf, type NodePorts, type OperationContext } from '../operation-context.ts';
import type { OperationState } from '../operation-state.ts';
import type { TaskResult, TaskRun, Tasks } from '../ports.ts';

const failpoints = {
  pre: ['pre-task-recorded', 'pre-task-ran', 'pre-task-end-recorded'],
  post: ['post-task-recorded', 'post-task-ran', 'post-task-end-recorded'],
  cleanup: ['cleanup-task-recorded', 'cleanup-task-ran', 'cleanup-task-end-recorded'],
} as const satisfies Record<TaskStage, readonly [FailpointName, FailpointName, FailpointName]>;

/** What a task came to: why it failed, if it did. */
export interface TaskEnd {
  readonly failure: UvsError | undefined;
}

/** Of the last line of a task that failed, which mostly says why. */
const SAID_CHARS = 200;

/** Runs the tasks of a stage one after the other, each recorded before and after; those that ended well before a crash are not run again. @returns whether any was run */
export async function runTasks(context: OperationContext, stage: TaskStage, signal: AbortSignal): Promise<boolean> {
  let hasRun = false;
  for (const [index, task] of manifestOf(context).tasks.entries()) {
    if (task.stage !== stage || stateOf(context).finishedTasks.has(index)) continue;
    await runOne(context, task, index, signal);
    hasRun = true;
  }
  return hasRun;
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
  await recordEnd(context, task, index, failure);
  ports.failpoints.pass(endRecorded);
  if (failure !== undefined) throw failure;
}

async function recordEnd(context: OperationContext, { stage }: Task, index: number, failure: UvsError | undefined): Promise<void> {
  const { operation, journal, ports, staging } = context;
  // one that has ended well is not run again: with its record goes what it wrote
  if (failure === undefined) await staging.sync(stateOf(context).bases);
  await journal.append({ kind: 'task-ended', operation, stage, index, isGood: failure === undefined });
  await ports.tasks.forget({ operation, index });
}

/** Whether the task in which an earlier agent died can be gone on with. */
export async function canGoOnWithTask({ tasks }: Pick<NodePorts, 'tasks'>, state: OperationState): Promise<boolean> {
  const { operation, openTask, phase } = state;
  return phase !== 'back' && openTask !== undefined && (await tasks.canReattach({ operation, index: openTask.index }));
}

/**
 * Goes on with the task in which an earlier agent died, and records its end: as if that agent lived. Nobody is asked, because nothing is begun.
 * Returns why the task failed, if it did; undefined: nobody knows what it came to, and nothing is recorded.
 */
export async function goOnWithTask(context: OperationContext): Promise<TaskEnd | undefined> {
  const { openTask } = stateOf(context);
  const task = openTask === undefined ? undefined : manifestOf(context).tasks[openTask.index];
  if (openTask === undefined || task === undefined) return undefined;
  const { index } = openTask;
  context.say(`Going on with ${task.stage} task ${task.name} …`);
  let isKnown = true;
  const failure = await outcomeOf(context, task, async (tell) => {
    const result = await context.ports.tasks.reattach(runOf(context, task, index), tell, context.revocation);
    isKnown = result !== undefined;
    return result ?? lost;
  });
  if (!isKnown) return undefined;
  await recordEnd(context, task, index, failure);
  return { failure };
}

const lost: TaskResult = { exitCode: undefined, signal: undefined, isTimedOut: false, isOutOfMemory: false };

async function execute(context: OperationContext, task: Task, index: number, signal: AbortSignal): Promise<UvsError | undefined> {
  const run = runOf(context, task, index);
  // the staging area is the agent's alone; a disk that changed its mind is still caught
  const found = createHash('sha256')
    .update(await readFile(run.program))
    .digest('hex');
  if (found !== task.sha256)
    return new UvsError('PACKAGE_CORRUPT', `the program of task ${task.name} is not what the manifest says any more`);
  return await outcomeOf(context, task, async (tell) => {
    await mayStillDisturb(context, signal);
    return await context.ports.tasks.run(run, tell, AbortSignal.any([signal, context.revocation]));
  });
}

function runOf(context: OperationContext, task: Task, index: number): TaskRun {
  return {
    operation: context.operation,
    stateDirectory: context.state.path,
    index,
    name: task.name,
    program: context.staging.taskPath(index),
    args: task.args,
    env: environment(context, task),
    cwd: context.setup.root,
    timeoutMs: task.timeoutSeconds * 1000,
  };
}

/** Tells the output of a task while it runs, and why it failed; undefined: it did not. */
async function outcomeOf(
  context: OperationContext,
  task: Task,
  run: (tell: (line: string) => void) => Promise<TaskResult>,
): Promise<UvsError | undefined> {
  let lastLine = '';
  const tell = (line: string): void => {
    if (line.trim() !== '') lastLine = line.trim();
    context.tell(line);
  };
  try {
    const result = await run(tell);
    if (result.exitCode === 0 && !result.isTimedOut) return undefined;
    if (context.revocation.aborted)
      return new UvsError('TASK_FAILED', `${task.stage} task ${task.name} was ended: ${toUvsError(context.revocation.reason).message}`);
    const said = lastLine === '' ? '' : `: ${lastLine.slice(0, SAID_CHARS)}`;
    return new UvsError('TASK_FAILED', `${task.stage} task ${task.name} ${howItEnded(task, result, context.ports.tasks)}${said}`, {
      hint: hintFor(result),
    });
  } catch (error) {
    return error instanceof UvsError
      ? error
      : new UvsError('TASK_FAILED', `${task.stage} task ${task.name}: ${String(error)}`, { cause: error });
  }
}

function hintFor({ exitCode, isOutOfMemory }: TaskResult): string {
  if (isOutOfMemory) return 'What a task may have is set in agent.toml: [tasks] memory.';
  // what env(1) and sh(1) exit with where they can't start a program
  if (exitCode === 126 || exitCode === 127)
    return 'Its first line must name an interpreter that this node has. See the output of the operation.';
  return 'See the output of the operation.';
}

function howItEnded(
  task: Task,
  { exitCode, signal, isTimedOut, isOutOfMemory }: TaskResult,
  { memoryLimit }: Pick<Tasks, 'memoryLimit'>,
): string {
  if (isTimedOut) return `was ended after ${task.timeoutSeconds} s`;
  if (isOutOfMemory)
    return `was ended because it took more memory than a task may have${memoryLimit === undefined ? '' : ` (${memoryLimit})`}`;
  return signal === undefined ? `exited ${exitCode}` : `was killed by ${signal}`;
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
