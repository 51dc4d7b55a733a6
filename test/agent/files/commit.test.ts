import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { apply } from '../../../agent/commands/apply.ts';
import { recover, recoverFiles } from '../../../agent/commands/recover.ts';
import { atPoint, runOperation } from '../../support/run-operation.ts';
import { snapshot } from '../../support/tree-snapshot.ts';
import { bundleChild, file, remove, runChild, task, TestNode } from '../../support/update-node.ts';
import { patience } from '../../support/patience.ts';

t.setTimeout(240_000 * patience);
const never = new AbortController().signal;

/** Where in an update somebody else may come in between: after the paths were looked at, and right before the first of them is written. */
const moments = ['plan-written', 'committing-recorded'] as const;

/** A node with release "one"; "two" replaces a file, puts a new one and removes one. */
async function nodeWithRelease(): Promise<TestNode> {
  const node = new TestNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'a1'), file('opt/b', 'b1'), file('opt/gone', 'gone')] });
  const files = [file('opt/a', 'a2'), file('opt/b', 'b2'), file('opt/new', 'new'), remove('opt/gone')];
  await node.build('two', { seq: 2, files });
  await node.build('bad', {
    seq: 2,
    files,
    tasks: [
      task('post', 'migrate', 'cd "$UVS_ROOT/opt" && for f in a new gone; do echo task > $f.tmp && mv $f.tmp $f || exit 9; done; exit 3'),
    ],
  });
  await apply(node.console(), { file: node.packagePath('one'), noSlotReason: 'a test' }, never);
  return node;
}

/** As an editor writes: beside it, and renamed over it. */
function replace(path: string, content: string): void {
  writeFileSync(`${path}.tmp`, content);
  renameSync(`${path}.tmp`, path);
}

function contentsOf(node: TestNode): Readonly<Record<string, string>> {
  const directory = join(node.root, 'opt');
  return Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

const old = { a: 'a1', b: 'b1', gone: 'gone' };

void t.test('a file that appears where a release brings one is neither overwritten nor removed', async (t) => {
  for (const moment of moments) {
    using node = await nodeWithRelease();
    const appear = atPoint(moment, () => writeFileSync(join(node.root, 'opt/new'), 'somebody else'));
    const ended = await runOperation(node, 'two', appear);
    t.match(ended, { outcome: 'rolled-back', message: /^CONFLICT: opt\/new appeared here/ }, moment);
    t.strictSame(contentsOf(node), { ...old, new: 'somebody else' });
    t.notOk(existsSync(join(node.root, '.uvs-staging')));
  }
});

void t.test('one that is larger than memory is not read for it', async (t) => {
  using node = await nodeWithRelease();
  const place = join(node.root, 'opt/new');
  const appear = atPoint('plan-written', () => {
    writeFileSync(place, '');
    truncateSync(place, 3 * 1024 ** 3);
  });
  t.match(await runOperation(node, 'two', appear), { outcome: 'rolled-back', message: /^CONFLICT: opt\/new appeared here/ });
  t.equal(statSync(place).size, 3 * 1024 ** 3);
});

void t.test('where the originals are removed from the staging area a mixture is not told as the release before', async (t) => {
  using node = await nodeWithRelease();
  const tasks = [task('post', 'tidy', 'rm "$UVS_ROOT"/.uvs-staging/*/old/*; exit 3')];
  await node.build('tidied', { seq: 2, files: [file('opt/a', 'a2'), file('opt/b', 'b2'), remove('opt/gone')], tasks });
  const ended = await runOperation(node, 'tidied', {});
  t.match(ended, {
    outcome: 'needs-operator',
    message: /the original of opt\/[ab] is not kept any more.*, and 1 more paths could not be restored/s,
  });
  t.equal(contentsOf(node)['gone'], 'gone', 'what was removed had another name');
});

void t.test('an edit that takes the place of a file whose original is kept already is not lost', async (t) => {
  for (const [path, what] of [
    ['b', 'a file that is replaced'],
    ['gone', 'one that is removed'],
  ] as const) {
    using node = await nodeWithRelease();
    const edit = atPoint('committing-recorded', () => replace(join(node.root, 'opt', path), 'edited'));
    const ended = await runOperation(node, 'two', edit);
    t.match(ended, { outcome: 'rolled-back', message: new RegExp(`^CONFLICT: opt/${path} was replaced here`) }, what);
    t.strictSame(contentsOf(node), { ...old, [path]: 'edited' });
    t.equal(
      (await apply(node.console(), { file: node.packagePath('two'), noSlotReason: 'a test' }, never)).outcome,
      'installed',
      'the next try',
    );
  }
});

void t.test('a file that somebody removes after its original was kept does not come back', async (t) => {
  using node = await nodeWithRelease();
  const ended = await runOperation(
    node,
    'two',
    atPoint('committing-recorded', () => rmSync(join(node.root, 'opt/b'))),
  );
  t.match(ended, { outcome: 'rolled-back', message: /^CONFLICT: opt\/b was removed here/ });
  t.strictSame(contentsOf(node), { a: 'a1', gone: 'gone' });
});

void t.test('what a task of the release made of its paths goes back with them', async (t) => {
  using node = await nodeWithRelease();
  const before = snapshot(node.root, ['var/lib/uvs-agent']);
  t.match(await runOperation(node, 'bad', {}), { outcome: 'rolled-back', message: /exited 3/ });
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before);
});

void t.test('an agent that dies between the two names of a new file leaves neither', async (t) => {
  using node = await nodeWithRelease();
  const before = snapshot(node.root, ['var/lib/uvs-agent']);
  const program = await bundleChild(node.directory);
  const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('two') } as const;
  t.equal((await runChild(program, { ...order, dieAt: 'directories-made' })).signal, 'SIGKILL');
  const staging = join(node.root, '.uvs-staging');
  const [operation = ''] = readdirSync(staging);
  const staged = readdirSync(join(staging, operation, 'new')).find(
    (index) => readFileSync(join(staging, operation, 'new', index), 'utf8') === 'new',
  );
  linkSync(join(staging, operation, 'new', staged ?? ''), join(node.root, 'opt/new'));
  t.match(await recover(node.console()), [{ outcome: 'rolled-back' }]);
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before);
});

void t.test('what comes to a path after its files went back at boot stays when the agent finishes', async (t) => {
  using node = await nodeWithRelease();
  const program = await bundleChild(node.directory);
  const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('two') } as const;
  t.equal((await runChild(program, { ...order, dieAt: 'committed' })).signal, 'SIGKILL');
  t.notSame(contentsOf(node), old);
  t.equal((await recoverFiles(node.console())).length, 1);
  t.strictSame(contentsOf(node), old);
  writeFileSync(join(node.root, 'opt/new'), 'by a service that has started');
  replace(join(node.root, 'opt/gone'), 'edited');
  replace(join(node.root, 'opt/a'), 'edited');
  t.match(await recover(node.console()), [{ outcome: 'rolled-back' }]);
  t.strictSame(contentsOf(node), { a: 'edited', b: 'b1', gone: 'edited', new: 'by a service that has started' });
});

void t.test('a directory that has come to the place of a new file is not removed with all that is in it', async (t) => {
  using node = await nodeWithRelease();
  const swap = atPoint('starting-recorded', () => {
    rmSync(join(node.root, 'opt/new'));
    mkdirSync(join(node.root, 'opt/new'));
    writeFileSync(join(node.root, 'opt/new/theirs'), 'theirs');
    throw new Error('and something fails');
  });
  await runOperation(node, 'two', swap).catch(() => undefined);
  const [ended] = await recover(node.console());
  t.match(ended, { outcome: 'needs-operator', message: /opt\/new has become a directory/ });
  t.equal(readFileSync(join(node.root, 'opt/new/theirs'), 'utf8'), 'theirs');
});
