import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { SystemdProgram } from '../../../agent/os/systemd-program.ts';
import { unitTasks } from '../../../agent/os/unit-tasks.ts';
import { defaultTaskLimits } from '../../../agent/task-limits.ts';
import { writeScript } from '../../support/sandbox-cluster.ts';

const noAnswer = new Error('Failed to get properties: Transport endpoint is not connected');

/** A service manager of which a test decides when it answers; units are processes of this test. */
function manager(t: Test, answers: (asked: number) => boolean) {
  const directory = mkdtempSync(join(tmpdir(), 'uvs-units-'));
  const told: string[] = [];
  let asked = 0;
  let running: ReturnType<typeof spawn> | undefined;
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
      const child = spawn('/bin/sh', [args.at(-1) ?? ''], { stdio: 'ignore', detached: true });
      child.once('exit', () => {
        if (running !== child) return;
        running = undefined;
        writeFileSync(join(directory, 'units/uvs-task-op-1-0/result'), 'success exited 0 0 -\n');
      });
      running = child;
      return Promise.resolve();
    },
    control: (verb) => {
      if (verb === 'stop' || verb === 'kill') {
        told.push(verb);
        stop();
        return Promise.resolve('');
      }
      asked += 1;
      if (!answers(asked)) return Promise.reject(noAnswer);
      if (verb === 'list-units') return Promise.resolve(running === undefined ? '' : 'uvs-task-op-1-0.service loaded active running x\n');
      return Promise.resolve(running === undefined ? 'inactive\n' : 'active\n');
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
  return { tasks, task, told, directory, isRunning: () => running !== undefined };
}

void t.test('a task is followed to its end though the service manager does not answer for a while', async (t) => {
  const { tasks, task, told } = manager(t, () => false);
  const lines: string[] = [];
  const result = await tasks.run(task('echo begun; sleep 3; echo done'), (line) => lines.push(line), new AbortController().signal);
  t.match(result, { exitCode: 0 });
  t.strictSame(lines, ['begun', 'done']);
  t.strictSame(told, [], 'it was not stopped');
});

void t.test('a task that can not be followed any more is stopped before that is told', async (t) => {
  const { tasks, task, told, isRunning } = manager(t, () => true);
  const fails = (): void => {
    throw new Error('the output can not be told');
  };
  await t.rejects(tasks.run(task('echo begun; sleep 30'), fails, new AbortController().signal), { message: 'the output can not be told' });
  t.strictSame(told, ['stop']);
  t.notOk(isRunning());
});

void t.test('what a task left running is ended once the service manager answers again', async (t) => {
  const { tasks, task, told, directory, isRunning } = manager(t, (asked) => asked > 3);
  let ended: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve) => {
    ended = tasks.run(task('echo begun; sleep 30'), () => resolve(), new AbortController().signal).catch((error: unknown) => error);
  });
  t.equal(await tasks.endLeftovers({ operation: 'op-1', stateDirectory: directory }), 1);
  t.strictSame(told, ['kill', 'stop']);
  t.notOk(isRunning());
  t.match(await ended, { reason: 'TASK_FAILED' });
});
