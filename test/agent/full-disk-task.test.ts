import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { install } from '../support/install.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, task, TestNode } from '../support/update-node.ts';

t.setTimeout(60_000);
const isRoot = process.getuid?.() === 0;

void t.test('a task that fills the disk of root and agent fails, and the node goes back', { skip: !isRoot && 'needs mount' }, async (t) => {
  using node = new TestNode();
  using _disk = SmallDisk.mount(node.root, 8);
  for (const directory of ['var/log', 'var/lib']) mkdirSync(join(node.root, directory), { recursive: true });
  await node.build('one', { seq: 1, files: [file('opt/a', 'old'), file('opt/b', 'old')] });
  t.match(await install(node, 'one'), { outcome: 'installed' });
  const ignored = ['var/lib/uvs-agent', 'full'];
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
