import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { apply } from '../../agent/commands/apply.ts';
import { recover } from '../../agent/commands/recover.ts';
import { readStatus } from '../../agent/commands/status.ts';
import { onDiskAct } from '../../common/disk-act.ts';
import { install } from '../support/install.ts';
import { memoryNode } from '../support/memory-node.ts';
import { runOperation } from '../support/run-operation.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { bundleChild, directory, file, remove, runChild, symlink, task, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);
const changed = { outcome: 'rolled-back', message: /^READBACK_MISMATCH: opt\/[ab] .* after the commit/u };

void t.test('a failing pre task leaves the root byte for byte as it was', async (t) => {
  using node = new TestNode();
  writeFileSync(join(node.root, 'before'), 'before');
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')], tasks: [task('pre', 'check', 'echo no good; exit 4')] });
  const before = snapshot(node.root);
  const ended = await install(node, 'one');
  t.equal(ended.outcome, 'rolled-back');
  t.match(ended.message, /^TASK_FAILED: pre task check exited 4: no good/, 'its last line says why');
  t.match(ended.outputTail, /no good/);
  t.strictSame(snapshot(node.root), before);
  t.strictSame((await readStatus(node)).installed.components, []);
});

void t.test('a failing post task takes the root back exactly', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [directory('opt'), file('opt/a', 'a'), file('opt/b', 'b'), symlink('opt/c', 'a')] });
  await install(node, 'one');
  await node.build('two', {
    seq: 2,
    files: [directory('opt', 0o700), file('opt/a', 'A', { mode: 0o600 }), remove('opt/b'), symlink('opt/c', 'b'), file('new/dir/d', 'd')],
    tasks: [task('post', 'migrate', 'exit 3')],
  });
  const before = snapshot(node.root);
  const ended = await install(node, 'two');
  t.match(ended, { outcome: 'rolled-back', message: /^TASK_FAILED: post task migrate exited 3/ });
  t.strictSame(snapshot(node.root), before);
  t.equal((await readStatus(node)).installed.components[0]?.version, '2.14.1');
});

void t.test('a failing cleanup task takes the root back, though all was proven before it', async (t) => {
  using node = new TestNode();
  writeFileSync(join(node.root, 'before'), 'before');
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')], tasks: [task('cleanup', 'tidy', 'exit 3')] });
  const before = snapshot(node.root);
  t.match(await install(node, 'one'), { outcome: 'rolled-back', message: /^TASK_FAILED: cleanup task tidy exited 3/ });
  t.strictSame(snapshot(node.root), before);
});

void t.test('a cleanup task that changes what the release brought takes the node back', async (t) => {
  using node = memoryNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'a'), file('opt/b', 'b')] });
  await install(node, 'one');
  const before = snapshot(node.root, ['var/lib/uvs-agent']);
  for (const [at, script] of ['echo changed > "$UVS_ROOT/opt/a"', 'rm "$UVS_ROOT/opt/b"', 'chmod 600 "$UVS_ROOT/opt/a"'].entries()) {
    await node.build('two', { seq: 2 + at, files: [file('opt/a', 'A'), file('opt/b', 'B')], tasks: [task('cleanup', 'tidy', script)] });
    t.match(await install(node, 'two'), changed, script);
    t.match((await readStatus(node)).installed.components, [{ version: '2.14.1' }], script);
    t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before, script);
  }
});

void t.test('and so it does where its agent dies right after it', async (t) => {
  using node = memoryNode();
  const program = await bundleChild(node.directory);
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')], tasks: [task('cleanup', 'tidy', 'echo changed > "$UVS_ROOT/opt/a"')] });
  const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('one') } as const;
  await runChild(program, { ...order, dieAt: 'cleanup-task-end-recorded' });
  t.match(await recover(node.console()), [changed]);
});

void t.test('what a task has written is synced before it counts as run', async (t) => {
  for (const stage of ['pre', 'post', 'cleanup'] as const) {
    using node = memoryNode();
    await node.build('one', { seq: 1, files: [file('opt/a', 'a')], tasks: [task(stage, 'write', 'echo > "$UVS_ROOT/written"')] });
    const happened: string[] = [];
    const failpoints = { pass: (point: string) => happened.push(point) };
    using _ = onDiskAct(({ kind }) => happened.push(kind));
    await apply({ ...node.console(), failpoints }, { file: node.packagePath('one'), noSlotReason: 'a test' }, new AbortController().signal);
    const since = happened.slice(happened.indexOf(`${stage}-task-ran`), happened.indexOf(`${stage}-task-end-recorded`));
    t.ok(since.includes('sync-file-system'), stage);
  }
});

void t.test('tasks are told where they are, and get nothing of the environment of the agent', async (t) => {
  using node = new TestNode();
  process.env['UVS_TEST_SECRET'] = 'secret';
  t.teardown(() => delete process.env['UVS_TEST_SECRET']);
  await node.build('one', { seq: 1, tasks: [task('pre', 'env', 'env | grep UVS_ | sort; pwd')] });
  const ended = await install(node, 'one');
  t.match(
    [...ended.outputTail.matchAll(/^pre\| ((?:UVS_|\/).*)$/gm)].map(([, line]) => line),
    [
      'UVS_FROM_VERSION=',
      'UVS_NODE_NAME=node-1',
      `UVS_OPERATION=${ended.operation}`,
      `UVS_ROOT=${node.root}`,
      'UVS_STAGE=pre',
      `UVS_STATE_DIR=${node.statePath}`,
      'UVS_VERSION=2.14.1',
      node.root,
    ],
  );
});

void t.test('every line of the output says in which phase it was written', async (t) => {
  using node = new TestNode();
  const tasks = [task('pre', 'check', 'echo one; echo; echo two'), task('post', 'migrate', 'echo three >&2; exit 3')];
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')], tasks });
  const { outputTail } = await install(node, 'one');
  const lines = outputTail.trimEnd().split('\n');
  t.match(outputTail, /^pre\| one\npre\| \npre\| two$/m);
  t.match(outputTail, /^post\| three\npost\| TASK_FAILED: post task migrate exited 3: three .*\nback\| Going back$/m);
  const phases = lines.map((line) => /^([a-z]+)\| /.exec(line)?.[1]);
  t.same([...new Set(phases)], ['fetching', 'pre', 'stopping', 'committing', 'post', 'back'], 'none is without');
});

void t.test('a task that takes too long is ended with all that it started', async (t) => {
  using node = new TestNode();
  const script = `sleep 60 & echo $! > "$UVS_STATE_DIR/../child"; echo counting; sleep 60`;
  await node.build('one', { seq: 1, tasks: [task('pre', 'slow', script, { timeoutSeconds: 1 })] });
  const ended = await install(node, 'one');
  t.match(ended.message, /^TASK_FAILED: pre task slow was ended after 1 s: counting$/);
  const pid = readFileSync(join(node.root, 'var/lib/child'), 'utf8').trim();
  t.notOk(existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '), 'the background process is gone');
});

void t.test('what a failing task left running in a session of its own is ended before the files go back', async (t) => {
  using node = new TestNode();
  const pid = join(node.root, 'var/log/pid');
  const script = `setsid sh -c 'echo $$ > "$UVS_ROOT/var/log/pid"; exec sleep 60' & until [ -s "${pid}" ]; do sleep 0.01; done; exit 1`;
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('post', 'daemon', script)] });
  const ended = await install(node, 'one');
  t.match(ended, { outcome: 'rolled-back', outputTail: /1 processes that task daemon had left running were ended/ });
  const left = readFileSync(pid, 'utf8').trim();
  t.notOk(existsSync(`/proc/${left}`) && !readFileSync(`/proc/${left}/stat`, 'utf8').includes(') Z '), 'it is gone');
});

void t.test('a task that prints without end is ended in time, and its output is cut', async (t) => {
  using node = new TestNode();
  // Long lines, so that a busy machine reaches the limit in time too.
  const flood = `yes ${'y'.repeat(1000)}`;
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('pre', 'flood', flood, { timeoutSeconds: 2 })] });
  const startedMs = performance.now();
  const observer = { progress: () => undefined, output: () => undefined };
  const ended = await runOperation(node, 'one', { observer });
  t.match(ended, { outcome: 'rolled-back', message: /was ended after 2 s/, outputTail: /^pre\| \(further output is left out\)$/m });
  t.ok(performance.now() - startedMs < 12_000, `${Math.round(performance.now() - startedMs)} ms`);
});

void t.test('the output of a task moves no terminal', async (t) => {
  using node = new TestNode();
  const script = `printf 'a\\033[2Jb\\302\\2332Jc\\n'`;
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('pre', 'print', script)] });
  t.match(await install(node, 'one'), { outputTail: /^pre\| a\[2Jb2Jc$/m });
});
