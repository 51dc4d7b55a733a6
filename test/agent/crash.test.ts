import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { apply } from '../../agent/commands/apply.ts';
import { recover } from '../../agent/commands/recover.ts';
import { readStatus } from '../../agent/commands/status.ts';
import { buildSampleReleases } from '../support/sample-releases.ts';
import { bundleChild, file, runChild, task, TASK_LOG, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(300_000 * patience);

const never = new AbortController().signal;

void t.test('what was staged before a crash is not fetched again', async (t) => {
  using node = new TestNode();
  await buildSampleReleases(node);
  const program = await bundleChild(node.directory);
  const order = { root: node.root, rootFile: node.rootFile, markEveryBytes: 1 };
  await runChild(program, { ...order, command: 'apply', file: node.packagePath('one'), dieAt: 'segments-marked' });
  const { operations } = await readStatus(node);
  t.equal(operations[0]?.phase, 'fetching');
  t.ok(existsSync(join(node.root, '.uvs-staging')));
  const second = await runChild(program, { ...order, command: 'apply', file: node.packagePath('one') });
  t.match(second.output, /BUSY/, 'another operation does not push in');
  await recover(node.console());
  t.notOk(existsSync(join(node.root, '.uvs-staging')), 'giving it up clears the staging area');
});

void t.test('the runs of tasks survive a crash in their own log', async (t) => {
  using node = new TestNode();
  await buildSampleReleases(node);
  const program = await bundleChild(node.directory);
  await apply(node.console(), { file: node.packagePath('one'), noSlotReason: 'a test' }, never);
  const order = { root: node.root, rootFile: node.rootFile };
  await runChild(program, { ...order, command: 'apply', file: node.packagePath('two'), dieAt: 'post-task-end-recorded' });
  await recover(node.console());
  const ran = readFileSync(join(node.root, TASK_LOG), 'utf8').trim().split('\n');
  t.strictSame(ran, ['pre 2.14.2', 'post 2.14.2', 'cleanup 2.14.2'], 'a task that ended is not run again');
});

void t.test('an interrupted task that must not run twice needs an operator, and nothing new begins until then', async (t) => {
  using node = new TestNode();
  const program = await bundleChild(node.directory);
  // the task kills the agent that runs it and lives on
  const script = 'echo $$ > "$UVS_ROOT/var/log/pid"; kill -9 $PPID; exec sleep 60';
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('post', 'once', script, { idempotent: false })] });
  await node.build('two', { seq: 2, files: [file('a', 'b')] });
  const order = { root: node.root, rootFile: node.rootFile };
  const died = await runChild(program, { ...order, command: 'apply', file: node.packagePath('one') });
  t.equal(died.signal, 'SIGKILL');
  const [ended] = await recover(node.console());
  t.match(ended, { outcome: 'needs-operator', message: /^NEEDS_OPERATOR: post task once was interrupted/ });
  const commands = `stop the agent of ${node.root}; uvs-agent --root ${node.root} recover --accept ${ended?.operation} --reason TEXT; uvs-agent --root ${node.root} run`;
  const advice = `: see that the node is in order, then, on it: ${commands}`;
  t.ok(ended?.message.endsWith(advice), 'it says what ends that');
  t.notOk(isRunning(readFileSync(join(node.root, 'var/log/pid'), 'utf8').trim()), 'what was left of the task is ended');
  t.ok(existsSync(join(node.root, '.uvs-staging')), 'the originals are kept');
  await t.rejects(apply(node.console(), { file: node.packagePath('two'), noSlotReason: 'a test' }, never), {
    reason: 'NEEDS_OPERATOR',
    message: /needs an operator first/,
    hint: `Look at its output, put the node in order, then, on it: ${commands}`,
  });
  t.match(await recover(node.console(), { operation: ended?.operation ?? '', reason: 'fan changed', isMixed: false }), [
    {
      outcome: 'failed',
      message:
        /^NEEDS_OPERATOR: an operator accepted the node as it is \(fan changed\): every file is as 2\.14\.1 brings it, which is installed now, after NEEDS_OPERATOR: post task once was interrupted and may not be run twice$/,
    },
  ]);
  t.match(
    await readStatus(node),
    { operations: { length: 0 }, history: [{ outcome: 'failed' }], installed: { components: [{ version: '2.14.1' }] } },
    'without a slot nobody has to hear of it',
  );
  t.notOk(existsSync(join(node.root, '.uvs-staging')));
  t.match(await apply(node.console(), { file: node.packagePath('two'), noSlotReason: 'a test' }, never), { outcome: 'installed' });
});

void t.test('an interrupted task that may run twice is run again', async (t) => {
  using node = new TestNode();
  const program = await bundleChild(node.directory);
  const script = `echo ran >> "$UVS_ROOT/${TASK_LOG}"; [ "$(wc -l < "$UVS_ROOT/${TASK_LOG}")" -gt 1 ] || kill -9 $PPID`;
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('post', 'twice', script)] });
  await runChild(program, { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('one') });
  t.match(await recover(node.console()), [{ outcome: 'installed' }]);
  t.equal(readFileSync(join(node.root, TASK_LOG), 'utf8'), 'ran\nran\n');
});

function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}
