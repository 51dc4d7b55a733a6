import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readStatus } from '../../agent/commands/status.ts';
import { install } from '../support/install.ts';
import { memoryNode } from '../support/memory-node.ts';
import { rollBack } from '../support/roll-back.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, type TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(100_000 * patience);
const rootOnly = { skip: process.getuid?.() === 0 ? false : 'needs root to mount' };

const sentence = 'OSDs have begun to write a new format';

/** A node whose last release can't be taken back once something is at a path. */
async function withBarrier(path: string, prepare: (node: TestNode) => void = () => undefined): Promise<TestNode> {
  const node = memoryNode();
  prepare(node);
  await node.build('one', { seq: 1, files: [file('opt/a', 'one')] });
  await node.build('two', { seq: 2, files: [file('opt/a', 'two')], barrier: { sentence, once: { path } } });
  for (const name of ['one', 'two']) t.equal((await install(node, name)).outcome, 'installed');
  return node;
}

function mount(node: TestNode, path: string): Disposable {
  const at = join(node.root, path);
  mkdirSync(at, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', 'none', at]);
  return { [Symbol.dispose]: () => void execFileSync('umount', [at]) };
}

async function refused(node: TestNode, why: string): Promise<void> {
  const refusal = `${why} (${sentence})`;
  const before = snapshot(node.root, ['var/lib/uvs-agent']);
  t.match((await readStatus(node)).waysBack.releases, [{ refusal }]);
  t.match(await rollBack(node, {}), { outcome: 'failed', message: `NO_WAY_BACK: 2.14.2 can't be taken back: ${refusal}` });
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before);
}

void t.test('where the file system of a barrier’s path is expected and not mounted, it may have happened', rootOnly, async (t) => {
  using node = await withBarrier('m2/osd/format-2');
  mkdirSync(join(node.root, 'etc'));
  writeFileSync(join(node.root, 'etc/fstab'), 'UUID=y /m2 ext4 noauto 0 2\n');
  await refused(node, 'whether it may be is told by /m2/osd/format-2, and /m2 is not mounted now, and etc/fstab says that it should be');
  using _mounted = mount(node, 'm2');
  t.match((await readStatus(node)).waysBack.releases, [{ refusal: '' }]);
  t.equal((await rollBack(node, {}, 'op-again')).outcome, 'done', 'it is mounted, and nothing is there');
});

void t.test('so it may where it is behind a symlink', rootOnly, async () => {
  for (const link of ['../../m2/osd', '/m2/osd']) {
    using node = await withBarrier('var/lib/app/format-2', ({ root }) => symlinkSync(link, join(root, 'var/lib/app')));
    mkdirSync(join(node.root, 'etc'));
    writeFileSync(join(node.root, 'etc/fstab'), 'UUID=y /m2 ext4 defaults 0 2\n');
    await refused(
      node,
      'whether it may be is told by /var/lib/app/format-2, and /m2 is not mounted now, and etc/fstab says that it should be',
    );
  }
});

void t.test('and where it was mounted when the release came, whatever nobody says of it', rootOnly, async (t) => {
  const stack = new DisposableStack();
  using node = await withBarrier('var/lib/ceph/osd/ceph-0/format-2', (made) => void stack.use(mount(made, 'var/lib/ceph/osd/ceph-0')));
  using mounted = stack;
  t.match((await readStatus(node)).waysBack.releases, [{ refusal: '' }]);
  mounted.dispose();
  await refused(
    node,
    'whether it may be is told by /var/lib/ceph/osd/ceph-0/format-2, and /var/lib/ceph/osd/ceph-0 is not mounted now, and was when the release came',
  );
});

void t.test('a path that is on the root, in a directory that is not there, has nothing at it', async (t) => {
  using node = await withBarrier('var/lib/app/format-2', ({ root }) => symlinkSync('loop', join(root, 'var/lib/loop')));
  t.equal((await rollBack(node, {})).outcome, 'done');
  using looped = await withBarrier('var/lib/loop/format-2', ({ root }) => symlinkSync('loop', join(root, 'var/lib/loop')));
  t.match(await rollBack(looped, {}), { outcome: 'failed', message: /OSDs have begun/ }, 'a loop can not be looked behind');
  rmSync(join(looped.root, 'var/lib/loop'));
});
