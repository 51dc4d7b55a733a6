import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { processTasks } from '../../../agent/os/process-tasks.ts';
import { defaultTaskLimits } from '../../../agent/task-limits.ts';
import type { TaskResult } from '../../../agent/ports.ts';
import { patience } from '../../support/patience.ts';

t.setTimeout(240_000 * patience);
const directory = mkdtempSync(join(tmpdir(), 'uvs-process-tasks-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));

interface Ran extends TaskResult {
  readonly lines: readonly string[];
}

const owner = { operation: `op-process-tasks-${process.pid}`, stateDirectory: directory };
const limits = { ...defaultTaskLimits, memory: '64M', cpuPercent: 10, graceSeconds: 1 };
const tasks = processTasks(limits);

/** Runs a script as a task of a process group is run, with little memory and a short grace. */
async function run(script: string, timeoutMs = 30_000, tasks = processTasks(limits)): Promise<Ran> {
  const program = join(directory, 'program');
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  const env = { PATH: process.env['PATH'] ?? '', UVS_OPERATION: owner.operation, UVS_STATE_DIR: owner.stateDirectory };
  const lines: string[] = [];
  const task = { ...owner, index: 0, name: 'try', program, args: [], env, cwd: directory, timeoutMs };
  const result = await tasks.run(task, (line) => lines.push(line), new AbortController().signal);
  t.equal(await tasks.endLeftovers(owner), 0, 'nothing of it runs any more');
  return { ...result, lines };
}

void t.test('a process of a task that wants more memory than a task may have does not get it', async (t) => {
  // what has no line ends has to be held whole
  const { exitCode, lines } = await run('head -c 300000000 /dev/zero | tail -n 1 > /dev/null');
  t.equal(exitCode, 1, lines.join('\n'));
  t.match(lines.join('\n'), /memory exhausted|Cannot allocate memory/i);
  t.equal((await run('head -c 3000000 /dev/zero | tail -n 1 > /dev/null')).exitCode, 0, 'less is nothing to it');
});

void t.test('a task that ignores SIGTERM is killed once its grace is over, with those of its group that do so too', async (t) => {
  const ended = await run(`trap '' TERM\n(trap '' TERM; while :; do sleep 0.1; done) &\nwhile :; do sleep 0.1; done`, 500);
  t.match(ended, { isTimedOut: true, signal: 'SIGKILL', exitCode: undefined });
  t.notMatch(ended.lines.join('\n'), 'longer than', 'whoever tells of its end says so, with what the task said last');
});

void t.test('what a task has forked into sessions of its own is ended with it, generations deep', async (t) => {
  // sixty in all, each but the last of a line starting the next
  const script =
    'n=${1:-0}\n[ "$n" -lt 6 ] || exec sleep 1000\nsetsid "$0" $((n + 1)) > /dev/null 2>&1 &\n[ "$n" -gt 0 ] && exec sleep 1000';
  const lines = 'i=0\nwhile [ "$i" -lt 9 ]; do setsid "$0" 1 > /dev/null 2>&1 & i=$((i + 1)); done\nsleep 1\nexit 0';
  const ended = await run(`${script}\n${lines}`);
  t.equal(ended.exitCode, 0);
  t.match(ended.lines.join('\n'), /^\d\d processes that task try had left running were ended$/m);
});

/** Forks 2^11 processes at most, and ends by itself after twenty seconds, so that it harms nothing where it is not ended. @param each of them does that first */
const bomb = (each: string): string => `exec perl -MPOSIX -e '
  my $end = time + 20;
  for (1 .. 11) { if (time < $end && defined(my $pid = fork)) { if ($pid == 0) { ${each} } } }
  sleep 1 while time < $end'`;

for (const [what, each] of [
  ['in its group', ''],
  ['each process in a session of its own', 'POSIX::setsid();'],
] as const) {
  void t.test(`a task that forks without end is ended, ${what}`, async (t) => {
    const startedMs = performance.now();
    await t.rejects(run(bomb(each)), {
      reason: 'TASK_FAILED',
      message: /^task try was ended because it had more processes and threads than a task may have \(512\)$/,
    });
    const tookMs = performance.now() - startedMs;
    t.ok(tookMs < 10_000, `it took ${Math.round(tookMs)} ms`);
    t.equal(await tasks.endLeftovers(owner), 0, 'nothing of it runs any more');
  });
}

void t.test('threads count, and processes that nobody has waited for', async (t) => {
  const zombies = `exec perl -e 'for (1 .. 600) { fork or exit } sleep 10'`;
  await t.rejects(run(zombies), { reason: 'TASK_FAILED', message: /had more processes/ });
  const few = `exec perl -e 'for (1 .. 300) { fork or exit } sleep 1'`;
  t.equal((await run(few)).exitCode, 0, 'fewer are nothing to it');
  const threads = `exec '${process.execPath}' -e 'setTimeout(() => undefined, 10_000)'`;
  await t.rejects(run(threads, 30_000, processTasks({ ...limits, memory: '4G', processes: 4 })), {
    message: /had more processes and threads/,
  });
});

void t.test('a process that needs more processor time than its share of the task’s time is ended', async (t) => {
  const { signal, lines } = await run('while :; do :; done', 15_000);
  t.equal(signal, 'SIGXCPU');
  t.strictSame(lines, ['task try had used 2 s of processor time, which is all that it may have']);
  const ignoring = await run(`trap '' XCPU\nwhile :; do :; done`, 15_000);
  t.match(ignoring, { signal: 'SIGKILL', isTimedOut: false }, 'one that takes no notice of it');
});
