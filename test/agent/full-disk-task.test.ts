import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { apply } from '../../agent/commands/apply.ts';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import { recover } from '../../agent/commands/recover.ts';
import { rollback } from '../../agent/commands/rollback.ts';
import { readStatus } from '../../agent/commands/status.ts';
import { Runner } from '../../agent/runner.ts';
import { onDiskAct } from '../../common/disk-act.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { errorOf } from '../support/failure.ts';
import { install } from '../support/install.ts';
import { memoryNode } from '../support/memory-node.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { bundleChild, file, runChild, task, type TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);
const skip = process.getuid?.() === 0 ? false : 'needs mount';
const ignored = ['var/lib/uvs-agent', 'full'];

/** A node whose root and state are on one small disk, with the release "one". */
async function smallNode(): Promise<{ readonly node: TestNode; readonly disk: SmallDisk } & Disposable> {
  using stack = new DisposableStack();
  const node = stack.use(memoryNode());
  const disk = SmallDisk.mount(node.root, 8);
  if (disk === undefined) throw new Error('this machine mounts no tmpfs');
  stack.use(disk);
  for (const directory of ['var/log', 'var/lib']) mkdirSync(join(node.root, directory), { recursive: true });
  await node.build('one', { seq: 1, files: [file('opt/a', 'old'), file('opt/b', 'old')] });
  await install(node, 'one');
  const owned = stack.move();
  return { node, disk, [Symbol.dispose]: () => owned.dispose() };
}

void t.test('a task that fills the disk of root and agent fails, and the node goes back', { skip }, async (t) => {
  using scene = await smallNode();
  const { node } = scene;
  const before = snapshot(node.root, ignored);
  for (const [at, stage] of (['pre', 'post', 'cleanup'] as const).entries()) {
    const fill = 'cat /dev/zero > "$UVS_ROOT/full" || { echo no space; exit 1; }';
    await node.build('two', { seq: 2 + at, files: [file('opt/a', 'new'), file('opt/b', 'new')], tasks: [task(stage, 'fill', fill)] });
    const ended = await install(node, 'two');
    t.match(ended, { outcome: 'rolled-back', message: new RegExp(`^TASK_FAILED: ${stage} task fill exited 1`, 'u') });
    t.ok(existsSync(join(node.root, 'full')), 'it is full to the end');
    t.strictSame(snapshot(node.root, ignored), before);
    rmSync(join(node.root, 'full'));
  }
  await node.build('last', { seq: 9, files: [file('opt/a', 'new')] });
  t.match(await install(node, 'last'), { outcome: 'installed' }, 'with space it takes a release');
  t.equal(readFileSync(join(node.root, 'opt/a'), 'utf8'), 'new');
});

void t.test('a task that fills it and exits 0 takes the node back all the same, for its end needs room', { skip }, async (t) => {
  using scene = await smallNode();
  const { node } = scene;
  const before = snapshot(node.root, ignored);
  for (const [at, stage] of (['pre', 'post', 'cleanup'] as const).entries()) {
    const fill = 'cat /dev/zero > "$UVS_ROOT/full"; exit 0';
    await node.build('two', { seq: 2 + at, files: [file('opt/a', 'new'), file('opt/b', 'new')], tasks: [task(stage, 'fill', fill)] });
    const ended = await install(node, 'two');
    t.match(ended, { outcome: 'rolled-back', message: /^NO_SPACE: .*full/u, outputTail: /Free space/u }, stage);
    t.strictSame(snapshot(node.root, ignored), before, stage);
    rmSync(join(node.root, 'full'));
  }
  await node.build('last', { seq: 9, files: [file('opt/a', 'new')] });
  t.match(await install(node, 'last'), { outcome: 'installed' }, 'with space it takes a release');
});

void t.test('what would be cleaned up is left where the disk is full before', { skip }, async (t) => {
  using scene = await smallNode();
  const { node } = scene;
  const tasks = [task('post', 'fill', 'cat /dev/zero > "$UVS_ROOT/full"; exit 0'), task('cleanup', 'tidy', 'rm -f "$UVS_ROOT/of-before"')];
  writeFileSync(join(node.root, 'of-before'), '');
  await node.build('two', { seq: 2, files: [file('opt/a', 'new')], tasks });
  t.match(await install(node, 'two'), { outcome: 'rolled-back' });
  t.ok(existsSync(join(node.root, 'of-before')));
});

void t.test('an agent that died in a release goes back on a disk that is full by then', { skip }, async (t) => {
  using folder = memoryNode();
  const program = await bundleChild(folder.directory);
  for (const dieAt of ['confirming-recorded', 'cleanup-task-end-recorded'] as const) {
    using scene = await smallNode();
    const { node, disk } = scene;
    const before = snapshot(node.root, [...ignored, 'filler']);
    await node.build('two', { seq: 2, files: [file('opt/a', 'new')], tasks: [task('cleanup', 'tidy', 'exit 0')] });
    const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('two'), dieAt } as const;
    t.equal((await runChild(program, order)).signal, 'SIGKILL');
    disk.fill();
    t.match(await recover(node.console()), [{ outcome: 'rolled-back', message: /^NO_SPACE: / }], dieAt);
    t.strictSame(snapshot(node.root, [...ignored, 'filler']), before, dieAt);
  }
});

void t.test('what follows from an end is done once there is space, and before another release begins', { skip }, async (t) => {
  using scene = await smallNode();
  const { node, disk } = scene;
  await node.build('two', { seq: 2, files: [file('opt/a', 'new')] });
  await node.build('three', { seq: 3, files: [file('opt/a', 'newer')] });
  const failpoints = { pass: (point: string) => (point === 'done-recorded' ? disk.fill() : undefined) };
  await using runner = await Runner.open(await consoleSetup(node.console()), { ...consolePorts(node.console()), failpoints }, 'test');
  const full = { message: /full/u, reason: 'NO_SPACE' };
  const run = async (name: string) => {
    await using source = await openFileSource(node.packagePath(name));
    const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
    const request = { operation: `op-${name}`, packageDigest: '', origin, slots: undefined };
    return await runner.runOperation(request, new AbortController().signal);
  };
  await t.rejects(run('two'), full);
  t.match(await runner.openOperations(), [{ operation: 'op-two', ended: { outcome: 'installed' } }], 'its end is told');
  await t.rejects(run('three'), full, 'nothing is judged by what was installed before');
  const told: unknown[] = [];
  t.strictSame(await runner.recover({ abandon: false, onNoSpace: (...of) => told.push(of) }), []);
  t.match(told, [['op-two', { reason: 'NO_SPACE' }]]);
  disk.free();
  failpoints.pass = () => undefined;
  t.match(await run('three'), { outcome: 'installed' });
  t.match((await readStatus(node)).waysBack.releases, [{ version: '2.14.3', toVersion: '2.14.2' }]);
});

void t.test('a node that has no room to go back goes on going back when there is some, and needs no operator for it', async (t) => {
  using node = memoryNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'old'), file('opt/b', 'old')] });
  await install(node, 'one');
  const before = snapshot(node.root, ignored);
  const files = [file('opt/a', 'new'), file('opt/b', 'new'), file('opt/c', 'new')];
  await node.build('two', { seq: 2, files, tasks: [task('post', 'fail', 'exit 1')] });
  {
    let isBack = false;
    using _ = onDiskAct((act) => {
      // the first of going back: what was brought and was not there before
      if (act.kind === 'rename' && act.path.endsWith('/new/2')) isBack = true;
      if (isBack && /\/opt\/[ab]$/u.test(act.path))
        act.failWith(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
    });
    t.match(await errorOf(install(node, 'two')), { reason: 'NO_SPACE', hint: /Free space/ });
    t.match(await readStatus(node), { operations: [{ phase: 'back' }] });
    t.match(await errorOf(recover(node.console())), { reason: 'NO_SPACE' }, 'it is not given up while there is none');
  }
  t.match(await recover(node.console()), [{ outcome: 'rolled-back', message: /^TASK_FAILED/ }]);
  t.strictSame(snapshot(node.root, ignored), before);
});

void t.test('a command tells what it came to where the disk has no room for the history, and the next one writes that', async (t) => {
  using node = memoryNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'old')] });
  await install(node, 'one');
  await node.build('two', { seq: 2, files: [file('opt/a', 'new')] });
  await node.build('bad', { seq: 3, files: [file('opt/a', 'bad')], tasks: [task('pre', 'fail', 'exit 1')] });
  const printed: string[] = [];
  const console = { ...node.console(), print: (line: string) => void printed.push(line) };
  const [how, never] = [{ noSlotReason: 'a test' }, new AbortController().signal] as const;
  const commands = [
    [() => apply(console, { file: node.packagePath('two'), ...how }, never), { outcome: 'installed' }],
    [() => apply(console, { file: node.packagePath('bad'), ...how }, never), { outcome: 'rolled-back', message: /^TASK_FAILED/ }],
    [() => rollback(console, how, never), { outcome: 'done' }],
  ] as const;
  for (const [command, expected] of commands) {
    const { length } = (await readStatus(node)).history;
    printed.length = 0;
    {
      using _ = onDiskAct((act) => {
        if (act.path.includes('history.json')) act.failWith(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
      });
      t.match(await command(), expected);
    }
    t.match(printed.join('\n'), /: the disk is full, and its end stays in the journal alone/);
    await recover(node.console());
    t.equal((await readStatus(node)).history.length, length + 1);
  }
});
