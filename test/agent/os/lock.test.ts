import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { recover, recoverFiles } from '../../../agent/commands/recover.ts';
import { readStatus } from '../../../agent/commands/status.ts';
import { isLockHeld, takeLock } from '../../../agent/os/lock.ts';
import { errorOf } from '../../support/failure.ts';
import { install } from '../../support/install.ts';
import { SmallDisk } from '../../support/small-disk.ts';
import { bundleChild, file, runChild, TestNode } from '../../support/update-node.ts';
import { patience } from '../../support/patience.ts';

t.setTimeout(120_000 * patience);
const skip = process.getuid?.() === 0 ? false : 'needs root to mount a disk';

function smallDisk(folder: string): SmallDisk {
  const disk = SmallDisk.mount(join(folder, 'disk'), 8);
  if (disk === undefined) throw new Error('this machine mounts no tmpfs');
  return disk;
}

void t.test('each holder is named, whatever the one before was called, and the file stays as long as it is', async (t) => {
  const path = join(t.testdir(), 'lock');
  writeFileSync(path, 'pid 4194304 (an agent of before, which wrote no more than this)\n');
  for (const purpose of ['the uvs-agent daemon', 'x']) {
    await using _ = await takeLock(path, purpose);
    t.equal(readFileSync(path, 'utf8').trim(), `pid ${process.pid} (${purpose})`);
    t.equal(statSync(path).size, 128);
    t.equal(await isLockHeld(path), true);
    t.match(await errorOf(takeLock(path, 'another')), { reason: 'BUSY', details: { holder: `pid ${process.pid} (${purpose})` } });
  }
  t.equal(await isLockHeld(path), false, 'a name that is left holds nothing');
});

void t.test('on a full disk it is taken, with the name in its place, or without one where the file is empty', { skip }, async (t) => {
  const folder = t.testdir();
  using disk = smallDisk(folder);
  const path = join(disk.path, 'lock');
  await (await takeLock(path, 'an earlier one'))[Symbol.asyncDispose]();
  disk.fill();
  {
    await using _ = await takeLock(path, 'a later one');
    t.match(readFileSync(path, 'utf8'), /^pid \d+ \(a later one\) *\n$/);
  }
  truncateSync(path);
  disk.fill();
  await using _ = await takeLock(path, 'a nameless one');
  t.match(await errorOf(takeLock(path, 'another')), { reason: 'BUSY', message: /: its process is unknown$/ });
});

void t.test('a lock that can’t be opened is named', { skip }, async (t) => {
  const folder = t.testdir();
  using disk = smallDisk(folder);
  execFileSync('mount', ['-o', 'remount,ro', disk.path]);
  const path = join(disk.path, 'lock');
  t.match(await errorOf(takeLock(path, 'a test')), { reason: 'PATH_FORBIDDEN', message: `${path} is on a read-only file system` });
  execFileSync('mount', ['-o', 'remount,rw', disk.path]);
  mkdirSync(path);
  t.match(await errorOf(takeLock(path, 'a test')), { message: new RegExp(`^opening ${path}: EISDIR`) });
});

void t.test('recovery goes on where the disk is full and an agent died as it took the lock', { skip }, async (t) => {
  using folder = new TestNode();
  using disk = smallDisk(folder.directory);
  const program = await bundleChild(folder.directory);
  for (const command of [recover, recoverFiles]) {
    const node = new TestNode(disk.path);
    await node.build('one', { seq: 1, files: [file('opt/a', 'one'), file('opt/b', 'one')] });
    await node.build('two', { seq: 2, files: [file('opt/a', 'two'), file('opt/b', 'two')] });
    await install(node, 'one');
    const order = { root: node.root, rootFile: node.rootFile, file: node.packagePath('two') } as const;
    t.equal((await runChild(program, { ...order, command: 'apply', dieAt: 'half-of-files-renamed' })).signal, 'SIGKILL');
    truncateSync(join(node.statePath, 'lock'));
    disk.fill();
    await command(node.console());
    t.strictSame([readFileSync(join(node.root, 'opt/a'), 'utf8'), readFileSync(join(node.root, 'opt/b'), 'utf8')], ['one', 'one']);
    if (command === recover) t.strictSame((await readStatus(node)).operations, []);
    disk.free();
    rmSync(node.root, { recursive: true });
  }
});
