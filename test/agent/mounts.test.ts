import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Journal } from '../../agent/journal.ts';
import { install } from '../support/install.ts';
import { atPoint, runOperation } from '../support/run-operation.ts';
import { MountedDisk } from '../support/mounted-disk.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { directory, file, remove, task, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);
const isRoot = process.getuid?.() === 0;

void t.test(
  'files on another mount are staged and committed there',
  { skip: isRoot ? false : 'needs root to mount a file system' },
  async (t) => {
    using node = new TestNode();
    const other = join(node.root, 'srv/data');
    using disk = MountedDisk.make('ext4');
    using _mounted = disk.bindTo(other);
    await node.build('one', { seq: 1, files: [file('a', 'a'), file('srv/data/deep/b', 'b')] });
    t.equal((await install(node, 'one')).outcome, 'installed');
    await node.build('two', { seq: 2, files: [file('a', 'A'), file('srv/data/deep/b', 'B')], tasks: [task('post', 'fail', 'exit 1')] });
    const before = snapshot(node.root);
    t.equal((await install(node, 'two')).outcome, 'rolled-back');
    t.strictSame(snapshot(node.root), before, 'no staging area is left on either');
    mkdirSync(join(node.root, 'srv/bind'));
    execFileSync('mount', ['--bind', join(node.root, 'var/log'), join(node.root, 'srv/bind')]);
    try {
      await node.build('three', { seq: 3, files: [file('srv/bind/c', 'the same device, another mount')] });
      t.equal((await install(node, 'three')).outcome, 'installed', 'a bind mount shows the same device and refuses renames all the same');
    } finally {
      execFileSync('umount', [join(node.root, 'srv/bind')]);
    }
  },
);

void t.test(
  'every mount on which anything is removed or a directory changes is synced and cleared',
  { skip: isRoot ? false : 'needs root to mount a file system' },
  async (t) => {
    using node = new TestNode();
    const mounts = ['srv/one', 'srv/two', 'srv/three'].map((path) => join(node.root, path));
    using stack = new DisposableStack();
    for (const mount of mounts) stack.use(stack.use(MountedDisk.make('ext4')).bindTo(mount));
    await node.build('one', { seq: 1, files: [file('srv/one/a', 'a'), file('srv/two/b', 'b')] });
    await install(node, 'one');
    const files = [remove('srv/one/a'), remove('srv/two/b'), directory('srv/three', 0o700), directory('srv/three/deep')];
    await node.build('two', { seq: 2, files });
    let reading: ReturnType<typeof Journal.read> | undefined;
    const look = atPoint('committing-recorded', () => {
      reading = Journal.read(node.statePath);
    });
    t.equal((await runOperation(node, 'two', look)).outcome, 'installed');
    const bases = ((await reading) ?? []).flatMap((record) => (record.kind === 'marked' ? [record.bases] : [])).at(-1) ?? [];
    t.strictSame([...bases].sort(), ['', 'srv/one', 'srv/three', 'srv/two']);
    for (const mount of mounts) t.notOk(existsSync(join(mount, '.uvs-staging')), mount);
  },
);
