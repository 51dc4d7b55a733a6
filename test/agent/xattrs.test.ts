import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DUMP_ARGUMENTS, parseXattrDump } from '../../common/xattr-dump.ts';
import { install } from '../support/install.ts';
import { MountedDisk } from '../support/mounted-disk.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { directory, file, remove, symlink, task, TestNode } from '../support/update-node.ts';
import { accessList, netBindService, text } from '../support/xattr-samples.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(300_000 * patience);
const isRoot = process.getuid?.() === 0;
const rootOnly = { skip: isRoot ? false : 'needs root to give capabilities and mount file systems' };

const attributes = (root: string, path: string): Readonly<Record<string, string>> => {
  const out = execFileSync('getfattr', [...DUMP_ARGUMENTS, join(root, path)], {
    encoding: 'latin1',
  });
  // XFS shows access lists a second time
  return Object.fromEntries(
    Object.entries(parseXattrDump(out).get(join(root, path)) ?? {}).filter(([name]) => !name.startsWith('trusted.SGI_')),
  );
};

for (const type of ['ext4', 'xfs'] as const) {
  void t.test(`capabilities, access lists and user attributes are set, read back and undone on ${type}`, rootOnly, async (t) => {
    using disk = MountedDisk.make(type);
    using node = new TestNode(disk.path);
    const acl = accessList('user::rw-,user:1:r--,group::r--,mask::r--,other::r--');
    const files = (value: string) => [
      directory('srv/made', 0o755, {
        'user.kind': text(value),
        'system.posix_acl_default': accessList('u::rwx,u:2:r-x,g::r-x,m::r-x,o::r-x'),
      }),
      file('opt/server', value, { mode: 0o755, uid: 3, gid: 4, xattrs: { 'security.capability': netBindService } }),
      file('opt/shared', value, { xattrs: { 'system.posix_acl_access': acl, 'user.empty': '', 'user.odd=name': text(value) } }),
      file('opt/link-a', value, { linkGroup: 1, xattrs: { 'user.both': text(value) } }),
      file('opt/link-b', value, { linkGroup: 1, xattrs: { 'user.both': text(value) } }),
      file('opt/plain', value),
      { ...symlink('opt/to-it', 'server'), xattrs: { 'trusted.of-the-link': text(value) } },
    ];
    await node.build('one', { seq: 1, files: files('one') });
    await node.build('two', { seq: 2, files: files('two') });
    await node.build('bad', { seq: 2, files: files('bad'), tasks: [task('post', 'fail', 'exit 3')] });
    t.match(await install(node, 'one'), { outcome: 'installed', message: /is installed/ });
    t.strictSame(attributes(node.root, 'opt/server'), { 'security.capability': netBindService });
    t.match(execFileSync('getcap', [join(node.root, 'opt/server')], { encoding: 'utf8' }), 'cap_net_bind_service=ep');
    t.match(execFileSync('getfacl', ['-pn', join(node.root, 'opt/shared')], { encoding: 'utf8' }), 'user:1:r--');
    t.strictSame(attributes(node.root, 'opt/shared'), {
      'system.posix_acl_access': acl,
      'user.empty': '',
      'user.odd=name': text('one'),
    });
    t.strictSame(attributes(node.root, 'opt/to-it'), { 'trusted.of-the-link': text('one') });
    t.strictSame(attributes(node.root, 'opt/plain'), {}, 'what is made below a default access list inherits nothing');
    const old = snapshot(node.root);
    t.match(await install(node, 'bad'), { outcome: 'rolled-back' });
    t.strictSame(snapshot(node.root), old);
    t.equal((await install(node, 'two')).outcome, 'installed');
    t.strictSame(attributes(node.root, 'opt/link-b'), { 'user.both': text('two') });
  });
}

void t.test('what the node’s file had beside is not carried over, and comes back with it', rootOnly, async (t) => {
  using node = new TestNode();
  mkdirSync(join(node.root, 'opt'));
  writeFileSync(join(node.root, 'opt/a'), 'theirs');
  execFileSync('setfattr', ['-n', 'user.theirs', '-v', 'x', join(node.root, 'opt/a')]);
  execFileSync('setfacl', ['-m', 'u:5:rwx', join(node.root, 'opt/a')]);
  // what is staged below inherits this
  execFileSync('setfacl', ['-d', '-m', 'u:6:rwx', node.root]);
  const old = snapshot(node.root);
  await node.build('bad', { seq: 1, files: [file('opt/a', 'a')], tasks: [task('post', 'fail', 'exit 3')] });
  t.match(await install(node, 'bad'), { outcome: 'rolled-back' });
  t.strictSame(snapshot(node.root), old);
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')] });
  t.equal((await install(node, 'one')).outcome, 'installed');
  t.strictSame(attributes(node.root, 'opt/a'), {});
});

void t.test('a directory gets what is declared and keeps what else it has; going back takes exactly that away', rootOnly, async (t) => {
  using node = new TestNode();
  mkdirSync(join(node.root, 'srv/data'), { recursive: true });
  execFileSync('setfattr', ['-n', 'user.theirs', '-v', 'x', join(node.root, 'srv/data')]);
  execFileSync('setfattr', ['-n', 'user.both', '-v', 'theirs', join(node.root, 'srv/data')]);
  const old = snapshot(node.root);
  const files = [
    directory('srv/data', 0o755, { 'user.both': text('ours'), 'user.new': text('new') }),
    directory('srv/gone', 0o755, { 'user.x': text('x') }),
  ];
  await node.build('bad', { seq: 1, files, tasks: [task('post', 'fail', 'exit 3')] });
  t.match(await install(node, 'bad'), { outcome: 'rolled-back' });
  t.strictSame(snapshot(node.root), old);
  await node.build('one', { seq: 1, files });
  t.equal((await install(node, 'one')).outcome, 'installed');
  t.strictSame(attributes(node.root, 'srv/data'), { 'user.theirs': text('x'), 'user.both': text('ours'), 'user.new': text('new') });
  const withOne = snapshot(node.root);
  await node.build('two', { seq: 2, files: [remove('srv/gone')], tasks: [task('post', 'fail', 'exit 3')] });
  t.match(await install(node, 'two'), { outcome: 'rolled-back' });
  t.strictSame(snapshot(node.root), withOne, 'a directory that was removed comes back with its attributes');
});

void t.test('an attribute that a task changes is found when the release is read back', rootOnly, async (t) => {
  using node = new TestNode();
  const damages = [
    'setfattr -n user.a -v other "$UVS_ROOT/opt/a"',
    'setfattr -x user.a "$UVS_ROOT/opt/a"',
    'setcap cap_net_admin=ep "$UVS_ROOT/opt/b"',
    'setfacl -m u:7:rwx "$UVS_ROOT/opt/b"; chmod 644 "$UVS_ROOT/opt/b"',
    'setfattr -x user.d "$UVS_ROOT/opt/d"',
  ];
  for (const [index, damage] of damages.entries()) {
    const files = [
      directory('opt/d', 0o755, { 'user.d': text('d') }),
      file('opt/a', 'a', { xattrs: { 'user.a': text('a') } }),
      file('opt/b', 'b'),
    ];
    await node.build('one', { seq: index + 1, files, tasks: [task('post', 'damage', damage)] });
    const before = snapshot(node.root);
    const ended = await install(node, 'one');
    t.match(ended, { outcome: 'rolled-back', message: /^READBACK_MISMATCH: the extended attribute \S+ of opt\/[abd] is/ }, damage);
    t.strictSame(snapshot(node.root), before);
  }
});

void t.test('what a file system can not hold is refused before anything is changed', rootOnly, async (t) => {
  using disk = MountedDisk.make('exfat');
  using node = new TestNode();
  using _mounted = disk.bindTo(join(node.root, 'boot'));
  const before = snapshot(node.root);
  const cases = {
    attributes: [
      file('boot/a', 'a', { mode: 0o755, xattrs: { 'user.a': text('a') } }),
      /extended attributes of boot\/a could not be set: Operation not supported/,
    ],
    owner: [file('boot/a', 'a', { mode: 0o755, uid: 5 }), /boot\/a/],
    mode: [file('boot/a', 'a', { mode: 0o600 }), /file system of boot\/a does not hold the mode 600/],
    symlink: [symlink('boot/a', 'b'), /boot\/a/],
  } as const;
  let seq = 0;
  for (const [name, [entry, message]] of Object.entries(cases)) {
    await node.build(name, { seq: (seq += 1), files: [file('opt/a', name), entry] });
    t.match(await install(node, name), { outcome: 'failed', message }, name);
    t.match((await install(node, name)).message, /^PATH_FORBIDDEN: /, name);
    t.strictSame(snapshot(node.root), before, name);
  }
});

void t.test('an access list that says another mode than the manifest is refused before anything is changed', rootOnly, async (t) => {
  using node = new TestNode();
  const xattrs = { 'system.posix_acl_access': accessList('u::rw-,u:1:rwx,g::r--,m::rwx,o::r--') };
  await node.build('one', { seq: 1, files: [file('opt/a', 'a', { mode: 0o644, xattrs })] });
  const before = snapshot(node.root);
  t.match(await install(node, 'one'), {
    outcome: 'failed',
    message: /^PATH_FORBIDDEN: .*opt\/a does not hold the mode 644 \(it would be 674\)/,
  });
  t.strictSame(snapshot(node.root), before);
});

void t.test('without the programs that set attributes a release with some is refused, one without goes on', async (t) => {
  using node = new TestNode();
  // all that the agent runs but these
  const bin = join(node.directory, 'bin');
  mkdirSync(bin);
  for (const name of ['sync', 'flock', 'lsattr']) {
    const path = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${path} "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const path = process.env['PATH'];
  await node.build('with', { seq: 1, files: [file('opt/a', 'a', { xattrs: { 'user.a': text('a') } })] });
  await node.build('without', { seq: 2, files: [file('opt/a', 'a')] });
  const before = snapshot(node.root);
  process.env['PATH'] = bin;
  try {
    t.match(await install(node, 'with'), { outcome: 'failed', message: /^PROGRAM_MISSING: the program setfattr is not on this node/ });
    process.env['PATH'] = path;
    t.strictSame(snapshot(node.root), before);
    process.env['PATH'] = bin;
    t.equal((await install(node, 'without')).outcome, 'installed');
  } finally {
    process.env['PATH'] = path;
  }
});
