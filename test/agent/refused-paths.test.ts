import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { install } from '../support/install.ts';
import { refuseAll, type PathAttacks } from '../support/path-attacks.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { directory, file, remove, symlink, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(300_000 * patience);
const isRoot = process.getuid?.() === 0;
const rootOnly = { skip: isRoot ? false : 'needs root to mount and to set flags' };

const KERNEL = '6.1.0-18-arm64';

const attacks: PathAttacks = {
  'the kernel’s /proc': [[file('proc/sys/kernel/panic', '1')], /\/proc belongs to the kernel/],
  '/sys': [[file('sys/power/state', 'off')], /\/sys belongs to the kernel/],
  '/dev': [[file('dev/sda', 'x')], /\/dev belongs to the kernel/],
  '/run': [[file('run/uvs', 'x')], /\/run is gone with the next boot/],
  'the agent’s journal': [[file('var/lib/uvs-agent/journal', 'x')], /agent itself/],
  'what the agent remembers': [[remove('var/lib/uvs-agent/installed.json')], /agent itself/],
  'the agent’s credential': [[file('var/lib/uvs-agent/credential.json', '{}')], /agent itself/],
  'the package root': [[file('var/lib/uvs-agent/package-root.json', '{}')], /agent itself/],
  'the agent’s configuration': [[file('etc/uvs/agent.toml', 'x')], /agent itself/],
  'the limits of a service': [[file('etc/systemd/system/ceph-osd@3.service.d/90-uvs-limits.conf', '[Service]')], /agent itself/],
  'the coordinator’s configuration': [[file('etc/uvs/coordinator.toml', 'x')], /belongs to a coordinator of UVS/],
  'the authority’s key': [[file('etc/uvs/pki/authority.key', 'x')], /belongs to a coordinator of UVS/],
  'an admin’s credential': [[file('etc/uvs/admin.credential.json', '{}')], /agent itself/],
  'the staging area': [[file('srv/.uvs-staging/op-1/new/0', 'x')], /staging area/],
  'the agent’s state by another name': [[file('srv/state/journal', 'x')], /agent itself/],
  'a program of dpkg': [[file('usr/bin/ls', 'x')], /deb package coreutils/],
  'a file of dpkg by the name before /usr was merged': [[file('usr/lib/foo/libfoo.so.1', 'x')], /deb package libfoo:amd64/],
  'a conffile of dpkg, kept where edited': [[file('etc/foo.conf', 'x', { config: 'keep' })], /deb package libfoo:amd64/],
  'a removal of what is dpkg’s': [[remove('opt/taken-over')], /deb package odd/],
  'another mode for a directory of dpkg': [[directory('etc', 0o700)], /deb package (base-files|libfoo:amd64)/],
  'attributes for a directory of dpkg': [[directory('etc', 0o755, { 'trusted.x': 'eA==' })], /deb package (base-files|libfoo:amd64)/],
  'what dpkg has diverted': [[file('usr/bin/ls.distrib', 'x')], /diversion of dpkg/],
  'a list of dpkg’s': [[file('var/lib/dpkg/info/coreutils.list', '/.\n')], /\/var\/lib\/dpkg is a database of dpkg or rpm/],
  'a new list of dpkg’s': [[file('var/lib/dpkg/info/x.postinst', 'x')], /a database of dpkg or rpm/],
  'what dpkg has installed': [[file('var/lib/dpkg/status', '')], /a database of dpkg or rpm/],
  'a removal of dpkg’s diversions': [[remove('var/lib/dpkg/diversions')], /a database of dpkg or rpm/],
  'another mode for dpkg’s database': [[directory('var/lib/dpkg', 0o700)], /a database of dpkg or rpm/],
  'rpm’s database': [[file('var/lib/rpm/rpmdb.sqlite', 'x')], /\/var\/lib\/rpm is a database of dpkg or rpm/],
  'rpm’s database below /usr': [[file('usr/lib/sysimage/rpm/rpmdb.sqlite', 'x')], /a database of dpkg or rpm/],
  'a link in the place of rpm’s database': [[symlink('usr/share/rpm', '/opt/rpm')], /a database of dpkg or rpm/],
  'a file of dpkg through a bind mount': [[file('srv/usr/bin/ls', 'x')], /deb package coreutils/],
  'what goes beside a file is dpkg’s': [[file('etc/bar.conf', 'new', { config: 'new-beside' })], /deb package odd/],
  '/lib where it is a link to usr/lib': [[file('lib/other', 'x')], /lib is a symlink/],
  'one file under two names, by a bind mount': [[file('srv/log/a', 'x'), file('var/log/a', 'y')], /one place on this node/],
  'a new directory under two names': [[file('srv/log/new/a', 'x'), file('var/log/new/a', 'y')], /one place on this node/],
  'a symlink in a parent’s place': [[file('opt/out/passwd', 'x')], /opt\/out is a symlink/],
  'a file below a file': [[file('opt/plain/below', 'x')], /opt\/plain is a symlink or no directory/],
  'a directory where a file is': [[directory('opt/plain')], /is no directory/],
  'a directory where a symlink is': [[directory('opt/out')], /is no directory/],
  'a file where a directory is': [[file('opt/dir', 'x')], /is a directory/],
  'a symlink where a directory is': [[symlink('opt/dir', 'plain')], /is a directory/],
  'a file where a pipe is': [[file('opt/pipe', 'x')], /a device, a pipe or a socket/],
  'a device that is a target': [[file('opt/null', 'x')], /a device, a pipe or a socket/],
  '/m2, by fstab, while it is not mounted': [[file('m2/data/a', 'x')], /\/m2 is not mounted now, and etc\/fstab says/],
  'what a unit mounts, while it is not mounted': [
    [file('srv/by-unit/a', 'x')],
    /not mounted now, and etc\/systemd\/system\/srv-by\\x2dunit.mount says/,
  ],
  'a mount that the boot does not wait for': [[file('srv/nofail/a', 'x')], /the boot does not wait for \/srv\/nofail/],
  'one that waits for the network, by fstab': [
    [file('srv/netdev/a', 'x')],
    /the boot does not wait for \/srv\/netdev \(.*_netdev.* in etc\/fstab\)/,
  ],
  'one that somebody mounts by hand': [[file('srv/noauto/a', 'x')], /the boot does not wait for \/srv\/noauto/],
  'one that a unit does not wait for': [[file('srv/unit-netdev/a', 'x')], /\/srv\/unit-netdev \(.* in etc\/systemd\/system\/srv-unit/],
  'one that somebody mounts by hand, while it is not mounted': [[file('srv/noauto-away/a', 'x')], /\/srv\/noauto-away is not mounted now/],
  'one that the boot does not wait for, while it is not mounted': [
    [file('srv/nofail-away/a', 'x')],
    /\/srv\/nofail-away is not mounted now/,
  ],
  'an NFS share, while it is not mounted': [[file('srv/nfs/deep/a', 'x')], /\/srv\/nfs is not mounted now, and etc\/fstab says/],
  'a removal on an NFS share, while it is not mounted': [[remove('srv/nfs/a')], /\/srv\/nfs is not mounted now/],
  'a share by FUSE whose server is dead': [[file('srv/fuse/a', 'x')], /\/srv\/fuse is on a network or foreign file system \(fuse\.sshfs\)/],
  'a directory on it': [[directory('srv/fuse/deep', 0o700)], /\/srv\/fuse is on a network or foreign file system/],
  'the place of it': [[directory('srv/fuse', 0o700)], /\/srv\/fuse is on a network or foreign file system/],
  'a mount point as a file': [[symlink('srv/log', '/etc')], /mount point/],
  'a removal of a mount point': [[remove('srv/log')], /mount point/],
  'a read-only mount': [[file('srv/ro/a', 'x')], /srv\/ro is on a read-only file system/],
  'a file system in memory': [[file('srv/memory/a', 'x')], /srv\/memory is in memory \(tmpfs\), and what a release brings there/],
  'the kernel that runs': [[file(`boot/vmlinuz-${KERNEL}`, 'x')], /in place: the machine boots by it/],
  'its initrd': [[file(`boot/initrd.img-${KERNEL}`, 'x')], /the machine boots by it/],
  'its modules': [[file(`usr/lib/modules/${KERNEL}/kernel/ext4.ko`, 'x')], /the machine boots by it/],
  'the boot loader': [[file('boot/grub/grub.cfg', 'x')], /the machine boots by it/],
  'the firmware’s boot loader': [[file('boot/efi/EFI/BOOT/BOOTAA64.EFI', 'x')], /the machine boots by it/],
  'a kernel that no release put there': [[file('boot/vmlinuz-5.10.0', 'x')], /the machine boots by it/],
  'a kernel’s pointer as a file': [[file('boot/vmlinuz', 'x')], /the machine boots by it/],
  'the dynamic loader': [[file('usr/lib/ld-linux-aarch64.so.1', 'x')], /recovery run on it/],
  libc: [[file('usr/lib/aarch64-linux-gnu/libc.so.6', 'x')], /recovery run on it/],
  systemd: [[file('usr/lib/systemd/systemd', 'x')], /recovery run on it/],
  sync: [[file('usr/bin/sync', 'x')], /recovers by a program of that name/],
  'a program that comes before sync on the PATH': [[file('usr/local/bin/sync', 'x')], /recovers by a program of that name/],
  'a program of the launcher’s that comes first on systemd’s PATH': [
    [file('usr/local/sbin/sed', 'x')],
    /recovers by a program of that name/,
  ],
  'a program that is another one by a symlink': [[file('opt/busybox', 'x')], /recovery run on it/],
  'the symlink by which it is': [[symlink('etc/alternatives/lsattr', '/opt/x')], /recovery run on it/],
  'a library before all others': [[file('etc/ld.so.preload', '/opt/x.so')], /which libraries every program gets/],
  'a libc for newer processors': [[file('usr/lib/aarch64-linux-gnu/glibc-hwcaps/v9/libc.so.6', 'x')], /which libraries every program gets/],
  'a second libc where ldconfig looks first': [[file('usr/local/lib/libc.so.6', 'x')], /before the library of that name/],
  'one by a name that ldconfig makes it known by': [[file('usr/local/lib/libc.so.6.1', 'x')], /before the library of that name/],
  'one where a file of ld.so.conf.d says': [[symlink('opt/own/lib/libc.so.6', 'x')], /before the library of that name/],
  'where libraries are looked for': [[file('etc/ld.so.conf.d/00-ceph.conf', '/opt/ceph\n')], /where every program finds its libraries/],
  'another list of that': [[file('etc/ld.so.conf', '/opt/ceph\n')], /where every program finds its libraries/],
  'the unit that recovers at boot': [[file('etc/systemd/system/uvs-agent-recover.service.d/x.conf', 'x')], /starts the agent/],
  'an immutable file': [[file('opt/immutable', 'x')], /opt\/immutable is immutable/],
  'a removal of an immutable file': [[remove('opt/immutable-ours')], /opt\/immutable-ours is immutable/],
  'an append-only file': [[file('opt/append', 'x')], /opt\/append may only be appended to/],
  'a new file in an immutable directory': [[file('opt/immutable-dir/a', 'x')], /opt\/immutable-dir is immutable/],
  'a new file in an append-only directory': [[file('opt/append-dir/a', 'x')], /opt\/append-dir may only be appended to/],
  'another mode for an immutable directory': [[directory('opt/immutable-dir', 0o700)], /opt\/immutable-dir is immutable/],
};

/** File systems that nobody serves once they are mounted; $0 is where. */
const unserved = {
  fuse: 'mount -i -t fuse.sshfs -o fd=3,rootmode=40000,user_id=0,group_id=0 none "$0" 3<>/dev/fuse',
} as const;

/** Makes of a node one that has something of everything. Returns what takes the flags and mounts away again. */
function furnish(node: TestNode): Disposable {
  using stack = new DisposableStack();
  const at = (path: string): string => join(node.root, path);
  const put = (path: string, content = 'theirs\n'): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  };
  for (const path of ['usr/bin', 'usr/lib', 'opt/dir', 'm2', 'srv/by-unit', 'opt/immutable-dir', 'opt/append-dir'])
    mkdirSync(at(path), { recursive: true });
  for (const name of ['bin', 'lib']) symlinkSync(`usr/${name}`, at(name));
  put('var/lib/dpkg/info/coreutils.list', '/.\n/bin\n/bin/ls\n/etc/uvs-of-nobody\n');
  put('var/lib/dpkg/info/libfoo:amd64.list', '/.\n/etc\n/etc/foo.conf\n/lib\n/lib/foo\n/lib/foo/libfoo.so.1\n');
  put('var/lib/dpkg/info/odd.list', '/etc/bar.conf.uvs-new\n/opt/taken-over\n');
  put('var/lib/dpkg/info/base-files.list', '/.\n/etc\n/usr\n');
  put('var/lib/dpkg/diversions', '/bin/ls\n/bin/ls.distrib\nbusybox\n');
  for (const path of ['usr/bin/ls', 'usr/lib/foo/libfoo.so.1', 'etc/foo.conf', 'etc/bar.conf', 'opt/plain', 'var/log/a']) put(path);
  for (const path of [`vmlinuz-${KERNEL}`, `initrd.img-${KERNEL}`, 'vmlinuz-5.10.0', 'grub/grub.cfg', 'efi/EFI/BOOT/BOOTAA64.EFI'])
    put(`boot/${path}`);
  symlinkSync(`vmlinuz-${KERNEL}`, at('boot/vmlinuz'));
  put(`usr/lib/modules/${KERNEL}/kernel/ext4.ko`);
  for (const path of ['ld-linux-aarch64.so.1', 'aarch64-linux-gnu/libc.so.6', 'systemd/systemd']) put(`usr/lib/${path}`);
  put('etc/ld.so.conf', 'include /etc/ld.so.conf.d/*.conf\n');
  put('etc/ld.so.conf.d/own.conf', '# its own\n/opt/own/lib\n');
  symlinkSync('/etc', at('opt/out'));
  put('opt/busybox');
  mkdirSync(at('etc/alternatives'), { recursive: true });
  symlinkSync('/opt/busybox', at('etc/alternatives/lsattr'));
  symlinkSync('/etc/alternatives/lsattr', at('usr/bin/lsattr'));
  execFileSync('mkfifo', [at('opt/pipe')]);
  execFileSync('mknod', [at('opt/null'), 'c', '1', '3']);
  put(
    'etc/fstab',
    '# comment\nUUID=x / ext4 defaults 0 1\nUUID=y /m2 ext4 defaults,noatime 0 2\nUUID=z /srv/nofail ext4 nofail 0 2\nUUID=s none swap sw 0 0\n' +
      'server:/x /srv/nfs nfs4 rw,hard 0 0\nUUID=n /srv/netdev ext4 defaults,_netdev 0 2\nUUID=a /srv/noauto xfs noauto 0 2\n' +
      'UUID=b /srv/noauto-away xfs noauto 0 2\nUUID=f /srv/nofail-away ext4 defaults,nofail 0 2\n',
  );
  put('etc/systemd/system/srv-by\\x2dunit.mount', '[Mount]\nWhat=/dev/x\nWhere=/srv/by-unit\n');
  put('etc/systemd/system/srv-unit\\x2dnetdev.mount', '[Mount]\nWhat=/dev/x\nWhere=/srv/unit-netdev\nOptions=rw,_netdev\n');
  const mount = (path: string, ...args: readonly string[]): void => {
    mkdirSync(at(path), { recursive: true });
    execFileSync('mount', [...args, at(path)]);
    stack.defer(() => void execFileSync('umount', [at(path)]));
  };
  mount('srv/nofail', '-t', 'tmpfs', 'none');
  for (const name of ['netdev', 'noauto', 'unit-netdev']) mount(`srv/${name}`, '-t', 'tmpfs', 'none');
  for (const [name, how] of Object.entries(unserved)) {
    mkdirSync(at(`srv/${name}`), { recursive: true });
    execFileSync('bash', ['-c', how, at(`srv/${name}`)]);
    stack.defer(() => void execFileSync('umount', [at(`srv/${name}`)]));
  }
  mount('srv/ro', '--bind', '-o', 'ro', at('srv/by-unit'));
  mount('srv/memory', '-t', 'tmpfs', 'none');
  mount('srv/log', '--bind', at('var/log'));
  mount('srv/usr', '--bind', at('usr'));
  mount('srv/state', '--bind', node.statePath);
  const flag = (path: string, letter: string): void => {
    execFileSync('chattr', [`+${letter}`, at(path)]);
    stack.defer(() => void execFileSync('chattr', [`-${letter}`, at(path)]));
  };
  put('opt/immutable');
  put('opt/append');
  flag('opt/immutable', 'i');
  flag('opt/immutable-ours', 'i');
  flag('opt/append', 'a');
  flag('opt/immutable-dir', 'i');
  flag('opt/append-dir', 'a');
  return stack.move();
}

void t.test('every attack on the node’s own paths is refused at staging, by name, and changes nothing', rootOnly, async (t) => {
  using node = new TestNode();
  await node.build('one', {
    seq: 1,
    files: [file('opt/immutable-ours', 'ours'), file('opt/taken-over', 'ours'), file('etc/bar.conf', 'ours', { config: 'new-beside' })],
    brings: { kernel: KERNEL },
  });
  t.equal((await install(node, 'one')).outcome, 'installed');
  using _furnished = furnish(node);
  // the state shows a second time
  const without = ['var/lib/uvs-agent', 'srv/state', ...Object.keys(unserved).map((name) => `srv/${name}`)];
  await refuseAll(t, node, attacks, without);
  t.comment(`paths refused by the node's file system: ${Object.keys(attacks).length}, each before anything was staged`);
});

void t.test('what looks like an attack and is none is brought in', rootOnly, async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('boot/vmlinuz-5.0', 'old kernel')], brings: { kernel: KERNEL } });
  t.equal((await install(node, 'one')).outcome, 'installed');
  mkdirSync(join(node.root, 'usr/lib/systemd'), { recursive: true });
  writeFileSync(join(node.root, 'usr/lib/systemd/systemd'), 'systemd', { mode: 0o755 });
  writeFileSync(join(node.root, `boot/vmlinuz-${KERNEL}`), 'running');
  symlinkSync(`vmlinuz-${KERNEL}`, join(node.root, 'boot/vmlinuz'));
  mkdirSync(join(node.root, 'etc'));
  mkdirSync(join(node.root, 'var/lib/dpkg/info'), { recursive: true });
  writeFileSync(join(node.root, 'var/lib/dpkg/info/base-files.list'), '/.\n/etc\n/boot\n/var\n');
  mkdirSync(join(node.root, 'etc/ld.so.conf.d'));
  writeFileSync(join(node.root, 'etc/ld.so.conf.d/own.conf'), '/opt/own/lib\n', { mode: 0o644 });
  mkdirSync(join(node.root, 'usr/lib/aarch64-linux-gnu'), { recursive: true });
  writeFileSync(join(node.root, 'usr/lib/aarch64-linux-gnu/libcrypto.so.3'), '3');
  // a hard link that leads out of the root
  writeFileSync(join(node.directory, 'outside'), 'outside');
  linkSync(join(node.directory, 'outside'), join(node.root, 'etc/shared'));
  const files = [
    directory('etc'),
    file('etc/shared', 'ours'),
    file('boot/vmlinuz-6.6.0', 'new kernel'),
    file(`boot/vmlinuz-${KERNEL}`, 'running'),
    symlink('boot/vmlinuz', 'vmlinuz-6.6.0'),
    symlink('boot/a-link', 'vmlinuz-6.6.0'),
    file('usr/lib/systemd/systemd', 'systemd', { mode: 0o755 }),
    file('usr/lib/systemd/system/mine.service', 'a new unit'),
    file('etc/ld.so.conf.d/own.conf', '/opt/own/lib\n'),
    file('opt/own/lib/libown.so.1', 'a library of its own'),
    file('usr/local/lib/libcrypto.so.1.1', 'another one than is there'),
    file('opt/private/libcrypto.so.3', 'where nobody looks unasked'),
    remove('boot/vmlinuz-5.0'),
  ];
  await node.build('two', { seq: 2, files });
  t.match(await install(node, 'two'), { outcome: 'installed' });
  t.equal(readFileSync(join(node.directory, 'outside'), 'utf8'), 'outside');
  t.equal(readFileSync(join(node.root, 'boot/vmlinuz'), 'utf8'), 'new kernel');
  t.notOk(
    snapshot(node.root).some((line) => line.startsWith('boot/vmlinuz-5.0')),
    'a kernel that nobody boots goes',
  );
});
