import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { recover } from '../../agent/commands/recover.ts';
import { Journal } from '../../agent/journal.ts';
import { bytesReadFromStorage } from '../../agent/os/device-reader.ts';
import { install } from '../support/install.ts';
import { LoopDisk } from '../support/loop-disk.ts';
import { atPoint, runOperation } from '../support/run-operation.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { bundleChild, file, runChild, task, TASK_LOG, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);
const onDisk = { skip: process.getuid?.() === 0 ? false : 'needs root to mount a disk' };

/** A node whose root is a disk of its own. */
function diskNode(): { readonly node: TestNode; readonly disk: LoopDisk } & Disposable {
  using stack = new DisposableStack();
  const node = stack.use(new TestNode());
  const disk = stack.use(LoopDisk.mount(node.root, join(node.directory, 'disk.img'), 64));
  for (const directory of ['var/log', 'var/lib']) mkdirSync(join(node.root, directory), { recursive: true });
  const owned = stack.move();
  return { node, disk, [Symbol.dispose]: () => owned.dispose() };
}

void t.test('a block that the disk gives back wrong after the sync is caught before anything is committed', onDisk, async (t) => {
  using scene = diskNode();
  const { node, disk } = scene;
  const content = randomBytes(3_000_000);
  await node.build('one', { seq: 1, files: [file('opt/a', 'a'), file('opt/b', 'b')] });
  await install(node, 'one');
  const before = snapshot(node.root);
  await node.build('two', { seq: 2, files: [file('opt/a', content), file('opt/b', 'B')] });
  const flip = atPoint('everything-staged', () => disk.flipBitAt(content.subarray(2_000_000, 2_000_064)));
  const ended = await runOperation(node, 'two', flip);
  t.match(ended, { outcome: 'failed', message: /^READBACK_MISMATCH: opt\/a is not on the device as it was written/ });
  t.strictSame(snapshot(node.root), before, 'and what was staged is cleared');
  t.equal((await install(node, 'two')).outcome, 'installed', 'from a disk that gives back what was written it is taken');
});

void t.test('a task whose program the disk gives back wrong is not run', onDisk, async (t) => {
  using scene = diskNode();
  const { node, disk } = scene;
  const script = `echo ran >> "$UVS_ROOT/${TASK_LOG}" # ${randomBytes(32).toString('hex')}`;
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')], tasks: [task('pre', 'prepare', script)] });
  const flip = atPoint('everything-staged', () => disk.flipBitAt(Buffer.from(script)));
  t.match(await runOperation(node, 'one', flip), { outcome: 'failed', message: /^READBACK_MISMATCH: task prepare / });
  t.throws(() => readFileSync(join(node.root, TASK_LOG)));
});

void t.test('what was proven before the commit is not read again after it', onDisk, async (t) => {
  using scene = diskNode();
  const { node } = scene;
  const content = randomBytes(8_000_000);
  await node.build('one', {
    seq: 1,
    files: [file('opt/a', content), file('opt/b', 'b', { linkGroup: 1 }), file('opt/c', 'b', { linkGroup: 1 })],
  });
  let readBefore: number | undefined;
  let readAfter: number | undefined;
  const look = {
    failpoints: {
      pass: (point: string) => {
        if (point === 'confirming-recorded') readBefore = bytesReadFromStorage();
        if (point === 'read-back') readAfter = bytesReadFromStorage();
      },
    },
  };
  const ended = await runOperation(node, 'one', look);
  t.equal(ended.outcome, 'installed');
  t.match(ended.outputTail, /Read back 8000001 bytes from the device \(\d+ by the kernel's count\)/, 'a hard link is one content');
  t.ok((readAfter ?? Infinity) - (readBefore ?? 0) < content.length / 10, `${(readAfter ?? 0) - (readBefore ?? 0)} bytes were read again`);
});

void t.test('what has been written to since it was proven is read again, also where its time was set back', onDisk, async (t) => {
  using scene = diskNode();
  const { node } = scene;
  const path = join(node.root, 'opt/a');
  for (const [seq, content] of ['1234', '5678'].entries()) {
    const change = atPoint('post-recorded', () => {
      if (seq === 0) writeFileSync(path, content);
      else execFileSync('sh', ['-ec', 'touch -r "$0" "$1"; printf x678 > "$0"; touch -r "$1" "$0"', path, join(node.root, 'reference')]);
    });
    await node.build('one', { seq: seq + 1, files: [file('opt/a', content)] });
    const ended = await runOperation(node, 'one', change, `op-${seq}`);
    if (seq === 0) t.match(ended, { outcome: 'installed' }, 'the same again is as good');
    else t.match(ended, { outcome: 'rolled-back', message: /^READBACK_MISMATCH: opt\/a has another content after the commit/ });
  }
});

void t.test('content is read from the device again where the agent that had proven it is dead', onDisk, async (t) => {
  using scene = diskNode();
  const { node, disk } = scene;
  const content = randomBytes(1_000_000);
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')] });
  await install(node, 'one');
  const before = snapshot(node.root);
  await node.build('two', { seq: 2, files: [file('opt/a', content)], tasks: [task('post', 'nothing', 'true')] });
  const program = await bundleChild(node.directory);
  const order = { root: node.root, rootFile: node.rootFile };
  await runChild(program, { ...order, command: 'apply', file: node.packagePath('two'), dieAt: 'post-task-end-recorded' });
  t.ok(readFileSync(join(node.root, 'opt/a')).equals(content), 'memory holds it as it was written');
  disk.flipBitAt(content.subarray(500_000, 500_064));
  t.match(await recover(node.console()), [{ outcome: 'rolled-back', message: /^READBACK_MISMATCH: opt\/a has another content/ }]);
  t.strictSame(snapshot(node.root), before);
  t.strictSame(await Journal.read(node.statePath), []);
});
