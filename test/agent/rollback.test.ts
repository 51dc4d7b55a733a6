import { appendFileSync, chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { rollback } from '../../agent/commands/rollback.ts';
import { readStatus } from '../../agent/commands/status.ts';
import type { Ended } from '../../agent/ports.ts';
import { generateSigningKey } from '../../common/upd/keys.ts';
import { encodeRoot } from '../../common/upd/root.ts';
import { errorOf } from '../support/failure.ts';
import { memoryNode } from '../support/memory-node.ts';
import { install } from '../support/install.ts';
import { buildSampleReleases } from '../support/sample-releases.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { directory, file, remove, symlink, task, TASK_LOG, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(400_000 * patience);

const ignored = ['var/lib/uvs-agent', TASK_LOG];
const look = (node: TestNode): readonly string[] => snapshot(node.root, ignored);

function back(node: TestNode, release?: string): Promise<Ended> {
  const word = { noSlotReason: 'a test', ...(release === undefined ? {} : { release }) };
  return rollback(node.console(), word, new AbortController().signal);
}

/** A node with two releases of a few files, the later one installed. */
async function withTwo(more: { readonly node?: TestNode; readonly two?: Parameters<TestNode['build']>[1] } = {}): Promise<TestNode> {
  const node = more.node ?? memoryNode();
  await node.build('one', { seq: 1, files: [directory('opt'), file('opt/a', 'one'), file('opt/gone', 'gone')] });
  await node.build('two', more.two ?? { seq: 2, files: [file('opt/a', 'two'), file('opt/new', 'new'), remove('opt/gone')] });
  await install(node, 'one');
  await install(node, 'two');
  return node;
}

void t.test(
  'a release is taken back to the byte: files, removals, directories, links, owners and the config files of the admin',
  async (t) => {
    using node = new TestNode();
    await buildSampleReleases(node);
    await install(node, 'one');
    appendFileSync(join(node.root, 'etc/app.conf'), '# by the admin\n');
    appendFileSync(join(node.root, 'etc/other.conf'), '# by the admin\n');
    const before = look(node);
    t.equal((await install(node, 'two')).outcome, 'installed');
    t.not(look(node).join(), before.join());
    const tasks = readFileSync(join(node.root, TASK_LOG), 'utf8');
    t.match((await readStatus(node)).waysBack, { releases: [{ version: '2.14.2', toVersion: '2.14.1', refusal: '' }], why: '' });
    const ended = await back(node);
    t.match(ended, { outcome: 'done', message: '2.14.2 was taken back: 2.14.1 is installed' });
    t.match(ended.outputTail, /Read back 4500079 bytes from the device/);
    t.strictSame(look(node), before);
    t.equal(readFileSync(join(node.root, TASK_LOG), 'utf8'), tasks, 'no task runs');
    t.match((await readStatus(node)).installed, { components: [{ releaseSeq: 1, version: '2.14.1' }], versions: { uvs: '2.14.1' } });
    t.notOk(existsSync(join(node.root, '.uvs-retained')), 'nothing is retained any more');
    t.notOk(existsSync(join(node.root, '.uvs-staging')));
  },
);

void t.test('a second rollback has nothing to go back to and says so', async (t) => {
  using node = await withTwo();
  await back(node);
  t.match(await errorOf(back(node)), {
    reason: 'NO_WAY_BACK',
    message: /nothing is retained on this node: 2\.14\.2 was taken back, and of what was before/,
  });
});

void t.test('a node that was taken back accepts that very release and newer ones, and nothing else under its number', async (t) => {
  using node = await withTwo();
  await back(node);
  await node.build('other-two', { seq: 2, files: [file('opt/a', 'another two')] });
  t.match(await install(node, 'other-two'), {
    outcome: 'failed',
    message: /^RELEASE_CONTENT_CHANGED: .*was here with another content and was taken back/,
  });
  await node.build('zero', { seq: 1, version: '2.14.0', files: [file('opt/a', 'older')] });
  t.match(await install(node, 'zero'), { outcome: 'failed', message: /^RELEASE_CONTENT_CHANGED: / });
  t.equal((await install(node, 'two')).outcome, 'installed');
  t.equal(readFileSync(join(node.root, 'opt/a'), 'utf8'), 'two');
  t.equal((await back(node)).outcome, 'done', 'and it can be taken back once more');
  await node.build('three', { seq: 3, files: [file('opt/a', 'three')] });
  t.equal((await install(node, 'three')).outcome, 'installed');
  t.match(await install(node, 'other-two'), { outcome: 'failed', message: /^RELEASE_NOT_NEWER: / });
});

void t.test('what was refused as older before a release was taken back is refused afterwards too', async (t) => {
  using node = memoryNode();
  for (const seq of [1, 3, 5, 9]) await node.build(`r${seq}`, { seq, files: [file('opt/a', String(seq))] });
  for (const seq of [3, 9]) await install(node, `r${seq}`);
  const older = async (seq: number, than: number): Promise<void> => {
    t.match(await install(node, `r${seq}`), {
      outcome: 'failed',
      message: new RegExp(`^RELEASE_NOT_NEWER: .*older than .*2\\.14\\.${than} `),
    });
  };
  await older(5, 9);
  t.equal((await back(node)).outcome, 'done');
  await older(1, 3);
  await older(5, 9);
  t.match((await readStatus(node)).installed.components, [{ releaseSeq: 3 }]);
  t.equal(readFileSync(join(node.root, 'opt/a'), 'utf8'), '3');
  t.equal((await install(node, 'r9')).outcome, 'installed', 'the release itself may come again');
});

void t.test('the first release here has nothing before it', async (t) => {
  using node = memoryNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'one')] });
  await install(node, 'one');
  t.match(await errorOf(back(node)), { reason: 'NO_WAY_BACK', message: /2\.14\.1 is the first release of uvs here/ });
});

void t.test('what was changed here since is named, and nothing is done', async (t) => {
  const changes: Readonly<Record<string, (root: string) => void>> = {
    'opt/a': (root) => writeFileSync(join(root, 'opt/a'), 'TWO'),
    'opt/new': (root) => appendFileSync(join(root, 'opt/new'), '!'),
    'opt/gone': (root) => writeFileSync(join(root, 'opt/gone'), 'somebody else'),
  };
  for (const [path, change] of Object.entries(changes)) {
    using node = await withTwo();
    change(node.root);
    const before = look(node);
    t.match(await back(node), {
      outcome: 'failed',
      message: new RegExp(`^CONFLICT: changed on this node since 2\\.14\\.2 was installed: ${path}`),
    });
    t.strictSame(look(node), before);
    t.match((await readStatus(node)).installed.components, [{ releaseSeq: 2 }]);
  }
  using node = await withTwo();
  rmSync(join(node.root, 'opt/a'));
  t.match(await back(node), { outcome: 'failed', message: /^CONFLICT: .*opt\/a/ }, 'a removal is a change too');
});

void t.test('config files that were edited since go by their policy', async (t) => {
  using node = memoryNode();
  const configs = (value: string) => [
    file('etc/keep', value, { config: 'keep' }),
    file('etc/beside', value, { config: 'new-beside' }),
    file('etc/unedited', value, { config: 'keep' }),
  ];
  await node.build('one', { seq: 1, files: configs('1') });
  await node.build('two', { seq: 2, files: [...configs('2'), file('etc/added', '2', { config: 'keep' })] });
  await install(node, 'one');
  await install(node, 'two');
  for (const name of ['keep', 'beside', 'added']) appendFileSync(join(node.root, 'etc', name), ' edited');
  const ended = await back(node);
  t.equal(ended.outcome, 'done');
  const content = (name: string): string => readFileSync(join(node.root, 'etc', name), 'utf8');
  t.strictSame(['keep', 'beside', 'beside.uvs-new', 'unedited', 'added'].map(content), ['2 edited', '2 edited', '1', '1', '2 edited']);
  t.match(ended.outputTail, /etc\/keep was edited here and is kept as it is/);
  t.match(ended.outputTail, /etc\/added is not removed: it was edited here/);
});

void t.test('a file that the release replaced although somebody had edited it comes back as it was', async (t) => {
  using node = memoryNode();
  await node.build('one', { seq: 1, files: [file('etc/a', 'one')] });
  await node.build('two', { seq: 2, files: [file('etc/a', 'two'), file('etc/mine', 'of the release')] });
  await install(node, 'one');
  appendFileSync(join(node.root, 'etc/a'), ', and edited');
  writeFileSync(join(node.root, 'etc/mine'), 'of nobody', { mode: 0o640 });
  const before = look(node);
  await install(node, 'two');
  t.equal((await back(node)).outcome, 'done');
  t.strictSame(look(node), before);
});

void t.test('retained content that the device gives back wrong is refused before anything is done', async (t) => {
  const damages: readonly ((original: string) => void)[] = [
    (original) => writeFileSync(original, 'ONE'),
    (original) => chmodSync(original, 0o600),
    (original) => rmSync(original),
  ];
  for (const damage of damages) {
    using node = await withTwo();
    const [operation = ''] = readdirSync(join(node.root, '.uvs-retained'));
    const area = join(node.root, '.uvs-retained', operation);
    const original = readdirSync(area).find((name) => readFileSync(join(area, name), 'utf8') === 'one') ?? '';
    damage(join(area, original));
    const before = look(node);
    t.match(await back(node), { outcome: 'failed', message: /^NO_WAY_BACK: the retained original of opt\/a / });
    t.strictSame(look(node), before);
  }
});

void t.test('what is retained on a mount that is not there can not be gone back to, and the status says so', async (t) => {
  using node = await withTwo();
  rmSync(join(node.root, '.uvs-retained'), { recursive: true });
  t.match((await readStatus(node)).waysBack.releases, [{ refusal: /what was retained on \/ is not there/ }]);
  t.match(await back(node), { outcome: 'failed', message: /^NO_WAY_BACK: / });
});

void t.test('a barrier of the release stands, with its sentence, and only once it stands', async (t) => {
  const barrier = { sentence: 'the new format can not be read by 2.14.1', once: { path: 'var/lib/app/format-2' } };
  const two = { seq: 2, files: [file('opt/a', 'two')], tasks: [task('post', 'format', 'mkdir -p "$UVS_ROOT/var/lib/app"')], barrier };
  {
    using node = await withTwo({ two });
    writeFileSync(join(node.root, 'var/lib/app/format-2'), '');
    const before = look(node);
    t.match((await readStatus(node)).waysBack.releases, [{ version: '2.14.2', refusal: barrier.sentence }]);
    t.match(await back(node), { outcome: 'failed', message: `NO_WAY_BACK: 2.14.2 can't be taken back: ${barrier.sentence}` });
    t.strictSame(look(node), before);
  }
  using node = await withTwo({ two });
  t.equal((await back(node)).outcome, 'done', 'it has not happened');
  using always = await withTwo({ two: { ...two, barrier: { sentence: 'never' } } });
  t.match(await back(always), { outcome: 'failed', message: /: never$/ });
  using units = await withTwo({ two: { ...two, barrier: { sentence: 'OSDs', once: { units: ['ceph-osd@*.service'] } } } });
  t.match(await back(units), { outcome: 'failed', message: /: OSDs$/ }, 'where no service manager can be asked it may have happened');
});

void t.test('a key that was revoked since vouches for nothing that is retained', async (t) => {
  using node = await withTwo();
  const other = generateSigningKey();
  const keys = [other];
  // the root that the node was given, one version later: the old key is gone
  writeFileSync(
    node.rootFile,
    encodeRoot({ format: 1, version: 2, root: { keys, threshold: 1 }, vendor: { keys, threshold: 1, products: ['uvs'] } }),
  );
  const before = look(node);
  const why = /^nobody vouches any more for 2\.14\.1, to which it would go back: .* which root file version 2 does not know/;
  t.match((await readStatus(node)).waysBack.releases, [{ version: '2.14.2', refusal: why }], 'it is told before anybody tries');
  t.match(await back(node), { outcome: 'failed', message: /^KEY_UNKNOWN: nobody vouches any more for .*, to which it would go back: / });
  t.strictSame(look(node), before);
});

void t.test('the output of a release tells where nobody vouches any more for what it would go back to', async (t) => {
  using node = memoryNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'one')] });
  await node.build('two', { seq: 2, files: [file('opt/a', 'two')] });
  await install(node, 'one');
  t.match(await install(node, 'two'), { outcome: 'installed' });
  t.match(node.printed.join('\n'), /^done\| 2\.14\.1 is retained \(0\.0 MiB\): the node can go back to it$/m);
  const other = generateSigningKey();
  const keys = [other];
  writeFileSync(
    node.rootFile,
    encodeRoot({ format: 1, version: 2, root: { keys, threshold: 1 }, vendor: { keys, threshold: 1, products: ['uvs'] } }),
  );
  await node.build('three', { seq: 3, files: [file('opt/a', 'three')] }, [], [other]);
  node.printed.length = 0;
  t.match(await install(node, 'three'), { outcome: 'installed' });
  t.match(
    node.printed.join('\n'),
    /^done\| 2\.14\.2 is retained \(0\.0 MiB\): the node can't go back to it: nobody vouches any more for 2\.14\.2, .* root file version 2 does not know/m,
  );
});

void t.test('a partial release is taken back to its base, and the base can not be taken back any more', async (t) => {
  using node = memoryNode();
  const one = await node.build('one', { seq: 1, files: [file('opt/a', 'one'), file('opt/b', 'one')] });
  await install(node, 'one');
  const two = await node.build('two', { seq: 2, files: [file('opt/a', 'two'), file('opt/b', 'two')], requires: [one.manifestHash] });
  await install(node, 'two');
  const before = look(node);
  await node.build('part', { seq: 3, kind: 'partial', base: two.manifestHash, files: [file('opt/b', 'three'), file('opt/c', 'three')] });
  await install(node, 'part');
  t.match((await readStatus(node)).waysBack.releases, [{ version: '2.14.3', toVersion: '2.14.2' }]);
  t.equal((await back(node)).outcome, 'done');
  t.strictSame(look(node), before);
  t.match(await errorOf(back(node)), { reason: 'NO_WAY_BACK' });
  t.equal((await install(node, 'part')).outcome, 'installed', 'its base is there again');
});

void t.test('releases of other components stay, and each has its own way back', async (t) => {
  using node = await withTwo();
  const local = (seq: number) => ({
    seq,
    components: { local: { epoch: 0, releaseSeq: seq } },
    version: `local-${seq}`,
    brings: { kernel: `k${seq}` },
  });
  await node.build('local-one', { ...local(1), files: [file('srv/x', '1')] });
  await node.build('local-two', { ...local(2), files: [file('srv/x', '2'), symlink('srv/l', 'x')] });
  await install(node, 'local-one');
  t.match((await readStatus(node)).waysBack, { releases: [{ version: '2.14.2' }], why: /local-1 is the first release of local here/ });
  await install(node, 'local-two');
  t.match(await errorOf(back(node)), { reason: 'INVALID_ARGUMENT', message: /several releases could be taken back: 2\.14\.2, local-2/ });
  t.equal((await back(node, '2.14.2')).outcome, 'done');
  t.match((await readStatus(node)).installed, {
    components: [
      { component: 'local', releaseSeq: 2 },
      { component: 'uvs', releaseSeq: 1 },
    ],
    versions: { kernel: 'k2', uvs: '2.14.1' },
  });
  t.equal(readFileSync(join(node.root, 'srv/x'), 'utf8'), '2');
  t.match(await errorOf(back(node)), { reason: 'INVALID_ARGUMENT', message: 'several releases are installed here: local-2, 2.14.1' });
  t.equal((await back(node, 'local-2')).outcome, 'done');
  t.equal(readFileSync(join(node.root, 'srv/x'), 'utf8'), '1');
  t.match((await readStatus(node)).installed.versions, { kernel: 'k1', uvs: '2.14.1' });
});

void t.test('a node that is told to retain nothing retains nothing, and says so', async (t) => {
  using node = memoryNode();
  const console = { ...node.console(), retainsPrevious: false };
  await withTwo({ node });
  const { apply } = await import('../../agent/commands/apply.ts');
  await node.build('three', { seq: 3, files: [file('opt/a', 'three')] });
  await apply(console, { file: node.packagePath('three'), noSlotReason: 'a test' }, new AbortController().signal);
  t.notOk(existsSync(join(node.root, '.uvs-retained')), 'what was retained of before is for nobody any more');
  t.match(await errorOf(back(node)), { reason: 'NO_WAY_BACK', message: /configured to retain nothing/ });
});

void t.test('what is retained is readable by the agent alone, and no release may touch it', async (t) => {
  using node = await withTwo();
  t.equal(statSync(join(node.root, '.uvs-retained')).mode & 0o777, 0o700);
  await node.build('three', { seq: 3, files: [file('.uvs-retained/x', 'x')] });
  t.match(await install(node, 'three'), { outcome: 'failed', message: /^PATH_FORBIDDEN: / });
});
