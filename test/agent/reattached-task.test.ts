import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { consolePorts, recoverySetup } from '../../agent/commands/console.ts';
import { endWithTheirAgent } from '../../agent/os/process-tasks.ts';
import type { PackageOrigin, TaskResult, Tasks } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { UvsError } from '../../common/errors.ts';
import { ScriptedSlots } from '../support/scripted-slots.ts';
import { bundleChild, file, runChild, task, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);
const never = new AbortController().signal;
const noOrigin: PackageOrigin = {
  open: () => Promise.reject(new Error('nothing is fetched')),
  contentKey: () => Promise.reject(new Error('nothing is fetched')),
};

/** Tasks of which one runs on without its agent; it comes to `result`, or to what nobody knows. */
function survivingTasks(ran: string[], result: TaskResult | undefined): Tasks {
  return {
    ...endWithTheirAgent,
    run: ({ name }) => {
      ran.push(`run ${name}`);
      return Promise.resolve(good);
    },
    canReattach: ({ index }) => Promise.resolve(index === 0),
    reattach: ({ name }, onLine) => {
      ran.push(`reattach ${name}`);
      onLine('it said this');
      return Promise.resolve(result);
    },
    forget: ({ index }) => {
      ran.push(`forget ${index}`);
      return Promise.resolve();
    },
    endLeftovers: () => {
      ran.push('end leftovers');
      return Promise.resolve(0);
    },
  };
}

const good: TaskResult = { exitCode: 0, signal: undefined, isTimedOut: false, isOutOfMemory: false };

void t.test('an agent that died in a task under a slot', async (t) => {
  for (const stage of ['pre', 'post', 'cleanup'] as const) {
    for (const { what, result, expected, ends } of [
      { what: 'ended well', result: good, expected: ['reattach once', 'forget 0', 'run next', 'forget 1'], ends: { outcome: 'installed' } },
      {
        what: 'failed',
        result: { ...good, exitCode: 3 },
        expected: ['reattach once', 'forget 0', 'end leftovers'],
        ends: { outcome: 'rolled-back', message: new RegExp(`^TASK_FAILED: ${stage} task once exited 3: it said this`, 'u') },
      },
      {
        what: 'came to what nobody knows',
        result: undefined,
        expected: ['reattach once', 'end leftovers'],
        ends: { outcome: 'needs-operator', message: /task once was interrupted and may not be run twice/u },
      },
    ] as const) {
      await t.test(`${stage}: waits until a coordinator can be asked, and goes on with a task that ${what}`, async (t) => {
        using node = new TestNode();
        const program = await bundleChild(node.directory);
        const tasks = [task(stage, 'once', 'true', { idempotent: false }), task(stage, 'next', 'true')];
        await node.build('one', { seq: 1, files: [file('a', 'a')], tasks });
        const order = {
          root: node.root,
          rootFile: node.rootFile,
          command: 'apply',
          file: node.packagePath('one'),
          hasSlots: true,
        } as const;
        t.equal((await runChild(program, { ...order, dieAt: `${stage}-task-recorded` })).signal, 'SIGKILL');

        const ran: string[] = [];
        const ports = { ...consolePorts(node.console()), tasks: survivingTasks(ran, result) };
        await using runner = await Runner.open(recoverySetup(node.console()), ports, 'a test');
        t.strictSame(await runner.recover({ abandon: false }), [], 'nobody can be asked yet');
        t.strictSame(ran, []);
        const [open] = await runner.openOperations();
        t.match(open, { phase: stage === 'cleanup' ? 'confirming' : stage, isInterrupted: true });
        const slots = new ScriptedSlots();
        const request = { operation: open?.operation ?? '', packageDigest: '', origin: noOrigin, slots };
        t.match(await runner.runOperation(request, never), ends);
        t.strictSame(ran, expected);
        if (result === good) t.equal(readFileSync(join(node.root, 'a'), 'utf8'), 'a');
      });
    }
  }
});

void t.test('files go back whatever their release has left running', async (t) => {
  using node = new TestNode();
  const program = await bundleChild(node.directory);
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('pre', 'once', 'true')] });
  const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('one') } as const;
  t.equal((await runChild(program, { ...order, dieAt: 'files-renamed' })).signal, 'SIGKILL');
  t.ok(existsSync(join(node.root, 'a')));
  const endLeftovers = (): Promise<number> => Promise.reject(new UvsError('NEEDS_OPERATOR', 'process 1 cannot be killed'));
  const ports = {
    ...consolePorts(node.console()),
    tasks: { ...survivingTasks([], undefined), canReattach: () => Promise.resolve(false), endLeftovers },
  };
  await using runner = await Runner.open(recoverySetup(node.console()), ports, 'a test');
  t.match(await runner.recover({ abandon: false }), [{ outcome: 'rolled-back' }]);
  t.notOk(existsSync(join(node.root, 'a')));
});
