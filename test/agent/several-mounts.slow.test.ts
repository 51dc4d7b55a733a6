import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { rollback } from '../../agent/commands/rollback.ts';
import { onDiskAct } from '../../common/disk-act.ts';
import { managedTree } from '../cuts/managed-tree.ts';
import { install } from '../support/install.ts';
import { MountedDisk } from '../support/mounted-disk.ts';
import { MountedNode, type BootFileSystem } from '../support/mounted-node.ts';
import { buildMountedReleases, EDIT, mountedPrograms } from '../support/mounted-releases.ts';
import { directory, file, remove, type TestNode } from '../support/update-node.ts';

t.setTimeout(600_000);
const isRoot = process.getuid?.() === 0;
const rootOnly = { skip: isRoot ? false : 'needs root to mount file systems' };
const bootFileSystems: readonly BootFileSystem[] = ['ext4', 'exfat'];

/** A program that runs, in two versions. */
const programs = mountedPrograms();

const back = (node: TestNode) => rollback(node.console(), { noSlotReason: 'a test' }, new AbortController().signal);

for (const boot of bootFileSystems) {
  void t.test(
    `one release goes over /, /boot (${boot}), /var and a bind mount at once, and is taken back from them all`,
    rootOnly,
    async (t) => {
      using mounted = MountedNode.make(boot);
      const { node } = mounted;
      await buildMountedReleases(node, boot, programs);
      const at = (path: string): string => join(node.root, path);
      const read = (path: string): string => readFileSync(at(path), 'utf8');
      const old = managedTree(node.root);

      const first = spawn(at('opt/bin/server'), ['600'], { stdio: 'ignore' });
      t.match(await install(node, 'two'), { outcome: 'installed' }, 'no text file is busy');
      t.equal(read('etc/kept.conf'), `root = 1\n${EDIT}`, 'an edited file that is kept');
      t.equal(read('boot/config.txt'), `boot = 1\n${EDIT}`, 'one on /boot');
      t.equal(read('var/app/beside.conf'), `var = 1\n${EDIT}`);
      t.equal(read('var/app/beside.conf.uvs-new'), 'var = 2\n', 'what is new goes beside an edited one');
      t.equal(read('srv/store/beside.conf'), 'store = 2\n', 'and in the place of one that nobody edited');
      t.equal(read('srv/store/replaced.conf'), 'store = 2\n', 'an edited file that is replaced');
      t.equal(read('boot/extlinux/extlinux.conf'), 'linux /vmlinuz-6.6\n');
      for (const path of ['boot/vmlinuz-5.10', 'opt/gone', 'opt/old', 'var/app/gone', 'srv/store/gone'])
        t.notOk(existsSync(at(path)), path);
      t.equal(read('data/store/new'), 'new', 'the bind mount shows a directory of the root');
      for (const path of ['', 'boot', 'var', 'srv/store']) {
        t.notOk(existsSync(at(join(path, '.uvs-staging'))), `nothing is staged on /${path}`);
        t.ok(existsSync(at(join(path, '.uvs-retained'))), `what was there before is retained on /${path}`);
      }
      t.equal(first.exitCode, null, 'who ran the old program runs on');
      t.ok(readFileSync(`/proc/${first.pid}/exe`).equals(programs.one), 'and goes on with the old one');
      t.ok(readFileSync(at('opt/bin/server')).equals(programs.two));

      const recent = managedTree(node.root);
      const second = spawn(at('opt/bin/server'), ['600'], { stdio: 'ignore' });
      t.match(await back(node), { outcome: 'done' });
      t.strictSame(managedTree(node.root), old, 'the admin’s edits are back as well');
      t.ok(readFileSync(`/proc/${second.pid}/exe`).equals(programs.two), 'who ran the new program runs on');
      t.match(await install(node, 'two'), { outcome: 'installed' });
      t.strictSame(managedTree(node.root), recent, 'and it can be brought again');
      for (const child of [first, second]) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
  );
}

void t.test('an immutable file on one of several mounts is named, and nothing is changed or staged on any', rootOnly, async (t) => {
  using mounted = MountedNode.make('ext4');
  const { node } = mounted;
  await buildMountedReleases(node, 'ext4', programs);
  const locked = join(node.root, 'var/app/locked');
  writeFileSync(locked, 'theirs');
  const old = managedTree(node.root);
  execFileSync('chattr', ['+i', locked]);
  try {
    t.match(await install(node, 'three'), { outcome: 'failed', message: /^PATH_FORBIDDEN: var\/app\/locked is immutable/ });
    t.strictSame(managedTree(node.root), old);
  } finally {
    execFileSync('chattr', ['-i', locked]);
  }
  t.match(await install(node, 'three'), { outcome: 'installed' }, 'without the flag it goes');
  const recent = managedTree(node.root);
  execFileSync('chattr', ['+i', locked]);
  try {
    const points: string[] = [];
    const console = { ...node.console(), failpoints: { pass: (point: string) => void points.push(point) } };
    const ended = await rollback(console, { noSlotReason: 'a test' }, new AbortController().signal);
    t.match(ended, { outcome: 'failed', message: /^PATH_FORBIDDEN: var\/app\/locked is immutable/ }, 'as is going back over it');
    t.notOk(points.includes('everything-staged'), 'at staging');
    t.strictSame(managedTree(node.root), recent);
  } finally {
    execFileSync('chattr', ['-i', locked]);
  }
});

void t.test('where files have no second names, their copies are read back before anything is committed', rootOnly, async (t) => {
  using mounted = MountedNode.make('exfat');
  const { node } = mounted;
  await buildMountedReleases(node, 'exfat', programs);
  const spoilAt = (area: 'new' | 'old', spoiled: string): Disposable => {
    const copies: string[] = [];
    return onDiskAct(({ kind, path }) => {
      if (kind === 'create' && path.includes('boot/.uvs-staging') && path.includes(`/${area}/`)) copies.push(path);
      // right before it is synced the disk has something else
      if (kind === 'sync-file-system' && path.endsWith('/boot')) for (const copy of copies.splice(0)) writeFileSync(copy, spoiled);
    });
  };
  const old = managedTree(node.root);
  {
    using _ = spoilAt('old', 'spoiled');
    t.match(await install(node, 'two'), {
      outcome: 'never-acted',
      message: /^READBACK_MISMATCH: the copy of boot\/\S+ is not on the device/,
    });
  }
  t.strictSame(managedTree(node.root), old, 'on the way forward they are what going back depends on');
  await install(node, 'two');
  const recent = managedTree(node.root);
  {
    using _ = spoilAt('new', 'spoiled');
    t.match(await back(node), { outcome: 'failed', message: /^READBACK_MISMATCH: the copy of boot\/\S+ is not on the device/ });
  }
  t.strictSame(managedTree(node.root), recent, 'and on the way back what comes');
  t.match(await back(node), { outcome: 'done' });
});

void t.test('where files have no second names, room for their copies is asked for at staging', rootOnly, async (t) => {
  using mounted = MountedNode.make('exfat');
  const { node } = mounted;
  const large = Buffer.alloc(9_000_000, 'large');
  const config = (content: string | Buffer) => file('boot/extlinux/extlinux.conf', content, { mode: 0o755 });
  await node.build('one', { seq: 1, files: [config(large)] });
  await node.build('two', { seq: 2, files: [config('small')] });
  await install(node, 'one');
  const filler = join(node.root, 'boot/filler');
  const { bavail, bsize } = statfsSync(join(node.root, 'boot'));
  const leave = (bytes: number): void => writeFileSync(filler, Buffer.alloc(bavail * bsize - bytes));
  const old = managedTree(node.root);
  leave(8_000_000);
  t.match(await install(node, 'two'), { outcome: 'failed', message: /^NO_SPACE: \S+\/boot has 7\.\d MiB free and the release needs/ });
  rmSync(filler);
  t.strictSame(managedTree(node.root), old);
  t.match(await install(node, 'two'), { outcome: 'installed' });
  leave(8_000_000);
  t.match(
    await back(node),
    { outcome: 'failed', message: /^NO_SPACE: \S+\/boot has 7\.\d MiB free/ },
    'going back takes a copy of what comes',
  );
  rmSync(filler);
  t.match(await back(node), { outcome: 'done' });
  t.strictSame(managedTree(node.root), old);
});

void t.test('what a release removes by one name it may not put by another', rootOnly, async (t) => {
  using mounted = MountedNode.make('ext4');
  const { node } = mounted;
  using disk = MountedDisk.make('exfat');
  using _bound = disk.bindTo(join(node.root, 'opt/share'));
  const notes = (path: string, content: string) => file(path, content, { mode: 0o755 });
  const same = [file('srv/store/x', 'old'), directory('srv/store/d'), notes('opt/share/Notes', 'old')];
  await node.build('one', { seq: 1, files: same });
  await install(node, 'one');
  const old = managedTree(node.root);
  for (const [name, seq, files, paths] of [
    ['bind', 2, [file('data/store/x', 'new'), remove('srv/store/x')], 'data/store/x and srv/store/x'],
    ['folder', 3, [directory('data/store/d'), remove('srv/store/d')], 'data/store/d and srv/store/d'],
    ['case', 4, [notes('opt/share/notes', 'new'), remove('opt/share/Notes')], 'opt/share/Notes and opt/share/notes'],
  ] as const) {
    await node.build(name, { seq, files: [...files] });
    const message = `PATH_FORBIDDEN: ${paths} are one place on this node`;
    t.match(await install(node, name), { outcome: 'failed', message }, name);
    t.strictSame(managedTree(node.root), old);
  }
  await node.build('elsewhere', { seq: 5, files: [file('data/store/y', 'new'), remove('srv/store/x'), remove('opt/share/notes')] });
  t.match(await install(node, 'elsewhere'), { outcome: 'installed' }, 'names of other places are no such names');
});
