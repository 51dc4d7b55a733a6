import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { install } from '../support/install.ts';
import { MountedDisk } from '../support/mounted-disk.ts';
import { refuseAll } from '../support/path-attacks.ts';
import { rollBack } from '../support/roll-back.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { directory, file, remove, symlink, task, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(300_000 * patience);
const asRoot = { skip: process.getuid?.() === 0 ? false : 'needs root to mount a disk' };

const WITHOUT = ['var/lib/uvs-agent'];

/** What lets only files of a project into a directory, as xfs_quota(8) and chattr(1) do; what is there keeps the project that it has. */
function keepTo(project: number, path: string): void {
  execFileSync('chattr', ['-p', String(project), path]);
  execFileSync('chattr', ['+P', path]);
}

/** A node with a disk of its own on /srv, and the first release. */
async function withDisk(type: 'xfs' | 'btrfs', stack: DisposableStack): Promise<TestNode> {
  const node = stack.use(new TestNode());
  const disk = stack.use(MountedDisk.make(type));
  stack.use(disk.bindTo(join(node.root, 'srv')));
  await node.build('one', {
    seq: 1,
    files: [
      directory('srv/d'),
      file('srv/d/a', 'a'),
      file('srv/d/r', 'r'),
      symlink('srv/d/s', 'a'),
      directory('srv/gone'),
      file('srv/x/b', 'b'),
    ],
  });
  return node;
}

void t.test('what a directory with a project of its own would not take, or not take back, is named at staging', asRoot, async (t) => {
  using stack = new DisposableStack();
  const node = await withDisk('xfs', stack);
  t.equal((await install(node, 'one')).outcome, 'installed');
  const at = (path: string): string => join(node.root, path);
  for (const path of ['srv/d', 'srv/gone']) keepTo(42, at(path));
  mkdirSync(at('srv/of-none'));
  keepTo(0, at('srv/of-none'));
  execFileSync('chattr', ['-p', '7', at('srv/x/b')]);
  keepTo(0, at('srv/x'));
  const own = /srv\/d takes files of project 42 alone \(chattr \+P\), and what is staged on its mount is of project 0/;
  await refuseAll(
    t,
    node,
    {
      'a new file': [[file('srv/d/new', 'x')], own],
      'a new link': [[symlink('srv/d/new', 'x')], own],
      'a file that is there': [[file('srv/d/a', 'x')], own],
      'a removal': [[remove('srv/d/r')], own],
      'a directory to be made, and what is in it': [[directory('srv/d/deep'), file('srv/d/deep/er/new', 'x')], own],
      'a removal of such a directory': [[remove('srv/gone')], /srv\/gone takes files of project 42 alone/],
      'a file of another project than its directory': [
        [file('srv/x/b', 'x')],
        /srv\/x\/b is of project 7, and srv\/x takes files of project 0 alone .* could not come back/,
      ],
      'a removal of one': [[remove('srv/x/b')], /srv\/x\/b is of project 7/],
    },
    WITHOUT,
  );
  await node.build('beside', { seq: 50, files: [file('srv/of-none/a', 'x'), file('srv/x/new', 'x'), directory('srv/d', 0o750)] });
  t.match(await install(node, 'beside'), { outcome: 'installed' }, 'nothing else of such directories is in the way');
});

void t.test('a disk that is one project as a whole takes a release, and gives it back', asRoot, async (t) => {
  using stack = new DisposableStack();
  const node = await withDisk('xfs', stack);
  keepTo(42, join(node.root, 'srv'));
  const files = [file('srv/d/a', 'A'), remove('srv/d/r'), remove('srv/gone'), file('srv/x/b', 'B'), file('srv/x/new/c', 'c')];
  await node.build('bad', { seq: 2, files, tasks: [task('post', 'bad', 'exit 3')] });
  await node.build('two', { seq: 2, files });
  t.equal((await install(node, 'one')).outcome, 'installed');
  const before = snapshot(node.root, WITHOUT);
  t.match(await install(node, 'bad'), { outcome: 'rolled-back' });
  t.strictSame(snapshot(node.root, WITHOUT), before);
  t.match(await install(node, 'two'), { outcome: 'installed' });
  // one directory gets another project once the release is there
  keepTo(43, join(node.root, 'srv/x'));
  t.match(await rollBack(node, {}), { outcome: 'failed', message: /^PATH_FORBIDDEN: srv\/x takes files of project 43 alone/ });
  t.equal(readFileSync(join(node.root, 'srv/d/a'), 'utf8'), 'A', 'and nothing was changed');
  keepTo(42, join(node.root, 'srv/x'));
  t.match(await rollBack(node, {}, 'op-again'), { outcome: 'done' });
});

void t.test('a subvolume that is not mounted by itself is named at staging', asRoot, async (t) => {
  using stack = new DisposableStack();
  const node = await withDisk('btrfs', stack);
  const at = (path: string): string => join(node.root, path);
  const makeSubvolume = (path: string): void => void execFileSync('btrfs', ['-q', 'subvolume', 'create', at(path)]);
  makeSubvolume('srv/d');
  const mountItself = (): void => void execFileSync('mount', ['--bind', at('srv/d'), at('srv/d')]);
  const unmount = (): void => void execFileSync('umount', [at('srv/d')]);
  mountItself();
  t.match(await install(node, 'one'), { outcome: 'installed' }, 'mounted by itself it is as any mount');
  unmount();
  mkdirSync(at('srv/d/deep'));
  const sub = /srv\/d(\/deep)? is on another device than the rest of its mount, as a subvolume of btrfs is/;
  await refuseAll(
    t,
    node,
    {
      'a new file': [[file('srv/d/new', 'x')], sub],
      'one further down': [[file('srv/d/deep/new', 'x')], sub],
      'a file that is there': [[file('srv/d/a', 'x')], sub],
      'a removal': [[remove('srv/d/r')], sub],
      'a directory to be made, and what is in it': [[file('srv/d/new/a', 'x')], sub],
    },
    WITHOUT,
  );
});
