import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { SystemdProgram } from '../../../agent/os/systemd-program.ts';
import { unitTasks } from '../../../agent/os/unit-tasks.ts';
import { defaultTaskLimits } from '../../../agent/task-limits.ts';
import { writeScript } from '../../support/sandbox-cluster.ts';

const noAnswer = new Error('Failed to get properties: Transport endpoint is not connected');

const UNIT = 'uvs-task-op-1-0.service';

interface Answering {
  /** Whether the question of that number is answered. */
  readonly answers: (asked: number) => boolean;
  /** What becomes of the end script: it dies as well, or else writes down a good end. */
  readonly endScript?: 'dies';
  /** Whether systemd takes note that a unit has started before it has ended. */
  readonly takesNote?: boolean;
}

/** A service manager of which a test decides when it answers; units are processes of this test. It remembers a unit that failed, as systemd does. */
function manager(t: Test, { answers, endScript, takesNote = true }: Answering) {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-units-'));
  const told: string[] = [];
  let asked = 0;
  let running: ReturnType<typeof spawn> | undefined;
  let failed: string | undefined;
  const stop = (): void => {
    if (running?.pid !== undefined) process.kill(-running.pid, 'SIGKILL');
    running = undefined;
  };
  t.teardown(() => {
    stop();
    rmSync(directory, { recursive: true });
  });
  const systemd: SystemdProgram = {
    run: (args) => {
      if (failed !== undefined) return Promise.reject(new Error(`Failed to start transient service unit: Unit ${UNIT} was already loaded`));
      const child = spawn('/bin/sh', [args.at(-1) ?? ''], { stdio: 'ignore', detached: true });
      child.once('exit', (code) => {
        if (running !== child) return;
        running = undefined;
        if (endScript === 'dies') failed = code === null ? 'Result=oom-kill\nExecMainCode=2\nExecMainStatus=9' : statusOf(code);
        else writeFileSync(join(directory, 'units/uvs-task-op-1-0/result'), 'success exited 0 0 -\n');
      });
      running = child;
      return takesNote ? Promise.resolve() : once(child, 'exit').then(() => Promise.reject(new Error(`Job for ${UNIT} failed.`)));
    },
    control: (verb) => {
      if (verb === 'reset-failed') {
        if (failed === undefined)
          return Promise.reject(new Error(`Failed to reset failed state of unit ${UNIT}: Unit ${UNIT} not loaded.`));
        failed = undefined;
        return Promise.resolve('');
      }
      if (verb === 'stop' || verb === 'kill') {
        told.push(verb);
        stop();
        return Promise.resolve('');
      }
      asked += 1;
      if (!answers(asked)) return Promise.reject(noAnswer);
      const state = running !== undefined ? 'active' : failed !== undefined ? 'failed' : 'inactive';
      if (verb === 'list-units') return Promise.resolve(state === 'inactive' ? '' : `${UNIT} loaded ${state} x x\n`);
      return Promise.resolve(`ActiveState=${state}\n${failed ?? ''}\n`);
    },
  };
  const tasks = unitTasks({ systemd, directory: join(directory, 'units'), limits: defaultTaskLimits });
  const task = (text: string) => ({
    operation: 'op-1',
    stateDirectory: directory,
    index: 0,
    name: 'wait',
    program: writeScript(join(directory, 'program'), `#!/bin/sh\n${text}\n`),
    args: [],
    env: {},
    cwd: '/',
    timeoutMs: 60_000,
  });
  return { tasks, task, told, directory, isRunning: () => running !== undefined, hasFailed: () => failed !== undefined };
}

function statusOf(code: number): string {
  return `Result=${code === 0 ? 'signal' : 'exit-code'}\nExecMainCode=1\nExecMainStatus=${code}`;
}

void t.test('a task is followed to its end though the service manager does not answer for a while', async (t) => {
  const { tasks, task, told } = manager(t, { answers: () => false });
  const lines: string[] = [];
  const result = await tasks.run(task('echo begun; sleep 3; echo done'), (line) => lines.push(line), new AbortController().signal);
  t.match(result, { exitCode: 0 });
  t.strictSame(lines, ['begun', 'done']);
  t.strictSame(told, [], 'it was not stopped');
});

void t.test('a task that can not be followed any more is stopped before that is told', async (t) => {
  const { tasks, task, told, isRunning } = manager(t, { answers: () => true });
  const fails = (): void => {
    throw new Error('the output can not be told');
  };
  await t.rejects(tasks.run(task('echo begun; sleep 30'), fails, new AbortController().signal), { message: 'the output can not be told' });
  t.strictSame(told, ['stop']);
  t.notOk(isRunning());
});

void t.test('what a task left running is ended once the service manager answers again', async (t) => {
  const { tasks, task, told, directory, isRunning } = manager(t, { answers: (asked) => asked > 3 });
  let ended: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve) => {
    ended = tasks.run(task('echo begun; sleep 30'), () => resolve(), new AbortController().signal).catch((error: unknown) => error);
  });
  t.equal(await tasks.endLeftovers({ operation: 'op-1', stateDirectory: directory }), 1);
  t.strictSame(told, ['kill', 'stop']);
  t.notOk(isRunning());
  t.match(await ended, { reason: 'TASK_FAILED' });
});

const unheard = (): void => undefined;

void t.test(
  'what a task came to is taken from systemd where its end script died with it, and the unit is forgotten with the task',
  async (t) => {
    for (const [script, came] of [
      ['kill -9 $$', { exitCode: undefined, signal: 'SIGKILL', isOutOfMemory: true }],
      ['echo no good; exit 3', { exitCode: 3, isOutOfMemory: false }],
      ['exit 0', { exitCode: 0, isTimedOut: false, isOutOfMemory: false }],
    ] as const) {
      const { tasks, task, hasFailed } = manager(t, { answers: () => true, endScript: 'dies' });
      const lines: string[] = [];
      t.match(await tasks.run(task(script), (line) => lines.push(line), new AbortController().signal), came, script);
      if (script.includes('echo')) t.strictSame(lines, ['no good'], 'all that it had said is told');
      t.ok(hasFailed(), 'it is there for the next agent as long as its end is not recorded');
      await tasks.forget({ operation: 'op-1', index: 0 });
      t.notOk(hasFailed());
    }
  },
);

void t.test('the next agent goes on with a unit that has failed without an end script', async (t) => {
  const { tasks, task, hasFailed } = manager(t, { answers: () => true, endScript: 'dies' });
  const run = task('exit 3');
  await tasks.run(run, unheard, new AbortController().signal);
  t.ok(await tasks.canReattach(run));
  t.match(await tasks.reattach(run, unheard, new AbortController().signal), { exitCode: 3 });
  t.equal(await tasks.endLeftovers(run), 0, 'nothing of it ran any more');
  t.notOk(hasFailed(), 'and nothing is kept of it');
  t.notOk(await tasks.canReattach(run));
});

void t.test('a task whose unit failed under the same name can be run again', async (t) => {
  const { tasks, task } = manager(t, { answers: () => true, endScript: 'dies' });
  t.match(await tasks.run(task('exit 3'), unheard, new AbortController().signal), { exitCode: 3 });
  t.match(await tasks.run(task('exit 4'), unheard, new AbortController().signal), { exitCode: 4 });
});

void t.test('a task that fails before systemd takes note that it began has begun', async (t) => {
  const { tasks, task, told } = manager(t, { answers: () => true, endScript: 'dies', takesNote: false });
  t.match(await tasks.run(task('exit 3'), unheard, new AbortController().signal), { exitCode: 3 });
  t.strictSame(told, [], 'nothing was to be stopped');
});
