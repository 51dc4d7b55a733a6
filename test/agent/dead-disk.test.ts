import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import { Runner } from '../../agent/runner.ts';
import { onDiskAct } from '../../common/disk-act.ts';
import { install } from '../support/install.ts';
import { LoopDisk } from '../support/loop-disk.ts';
import { MountedDisk } from '../support/mounted-disk.ts';
import { atPoint, runOperation } from '../support/run-operation.ts';
import { file, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);
const asRoot = { skip: process.getuid?.() === 0 ? false : 'needs root to mount a disk' };

/** Memory that stands for a store behind the disk, as under thin provisioning. */
function mountMemory(path: string, mebibytes: number): Disposable {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'uvs-test', path]);
  return { [Symbol.dispose]: () => execFileSync('umount', ['-l', path]) };
}

function fill(path: string): void {
  const fd = openSync(path, 'w');
  try {
    for (;;) writeSync(fd, Buffer.alloc(65_536));
  } catch {
    closeSync(fd);
  }
}

const files = (content: string) => ['srv/data/a', 'srv/data/b', 'opt/a'].map((path) => file(path, content));

void t.test('a commit that the disk has lost is not done, although the sync after it says that all is well', asRoot, async (t) => {
  using node = new TestNode();
  const store = join(node.directory, 'store');
  using _store = mountMemory(store, 20);
  using disk = LoopDisk.mount(join(node.root, 'srv/data'), join(store, 'disk.img'), 64);
  await node.build('one', { seq: 1, files: files('old') });
  await node.build('two', { seq: 2, files: [...files('new'), file('srv/data/c', 'c')] });
  t.equal((await install(node, 'one')).outcome, 'installed');
  execFileSync('sync');
  const passed: string[] = [];
  const ended = await runOperation(node, 'two', {
    failpoints: {
      pass: (point) => {
        passed.push(point);
        if (point === 'first-file-renamed') fill(join(store, 'fill'));
        // somebody else meets the error first, and the kernel tells of it once
        if (point === 'committed') execFileSync('sync');
      },
    },
  });
  t.match(ended, {
    outcome: 'needs-operator',
    message: /could not be synced, while going back because of INTERNAL: .* takes no change any more/,
  });
  t.notOk(passed.includes('committed-and-synced'));
  t.strictSame(readdirSync(join(disk.path, '.uvs-staging/op-1/old')).toSorted(), ['1', '2'], 'the originals are kept');
});

void t.test('a disk that is full when a sync is to be proven is told as a full one', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: files('new') });
  using _ = onDiskAct((act) => {
    if (act.kind === 'touch') act.failWith(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
  });
  t.match(await install(node, 'one'), {
    outcome: 'failed',
    message: /^NO_SPACE: the disk was full while proving the sync of /,
    outputTail: /Free space/,
  });
});

void t.test(
  'an end is told, and the agent starts, where a staging area can no longer be removed; a later operation does that',
  asRoot,
  async (t) => {
    using node = new TestNode();
    const data = join(node.root, 'srv/data');
    using disk = MountedDisk.make('ext4');
    using _data = disk.bindTo(data);
    const remount = (how: 'ro' | 'rw'): unknown => execFileSync('mount', ['-o', `remount,bind,${how}`, data]);
    await node.build('one', { seq: 1, files: files('old') });
    await node.build('two', { seq: 2, files: files('new') });
    const ended = await runOperation(
      node,
      'one',
      atPoint('done-recorded', () => remount('ro')),
    );
    t.match(ended, {
      outcome: 'installed',
      outputTail: /WARNING: the staging area could not be removed: .*srv\/data\/\.uvs-staging is on a read-only/,
    });
    {
      await using runner = await Runner.open(await consoleSetup(node.console()), consolePorts(node.console()), 'test');
      t.strictSame(await runner.recover({ abandon: false }), []);
    }
    t.strictSame(readdirSync(join(data, '.uvs-staging')), ['op-1']);
    remount('rw');
    t.equal((await runOperation(node, 'two', {}, 'op-2')).outcome, 'installed');
    t.notOk(readdirSync(data).includes('.uvs-staging'));
  },
);
