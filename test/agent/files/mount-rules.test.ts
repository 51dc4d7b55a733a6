import t from 'tap';
import { mountProblem } from '../../../agent/files/mount-rules.ts';
import { MountTable, parseMountInfo } from '../../../agent/files/mount-table.ts';

const lines = (...mounts: readonly (readonly [device: string, shown: string, point: string, type: string])[]): string =>
  mounts
    .map(([device, shown, point, type], id) => `${id + 20} 1 ${device} ${shown} ${point} rw,relatime shared:1 - ${type} source rw`)
    .join('\n');

void t.test('nothing goes to a mount that may be away when the node recovers', (t) => {
  const network = ['nfs', 'nfs4', 'cifs', 'smb3', 'ceph', '9p', 'fuse.sshfs', 'fuse.ceph', 'fuse.s3fs', 'fuse', 'glusterfs', 'autofs'];
  for (const type of network) {
    const table = new MountTable('/', parseMountInfo(lines(['8:1', '/', '/', 'ext4'], ['0:99', '/', '/srv/share', type])));
    t.match(mountProblem('srv/share/a', table, []), /on a network|on demand/, type);
    t.equal(mountProblem('srv/shared', table, []), undefined);
  }
  for (const type of ['ext4', 'xfs', 'btrfs', 'vfat', 'fuseblk', 'f2fs']) {
    const table = new MountTable('/', parseMountInfo(lines(['8:1', '/', '/', 'ext4'], ['8:2', '/', '/srv/share', type])));
    t.equal(mountProblem('srv/share/a', table, []), undefined, type);
  }
  const diskless = new MountTable('/', parseMountInfo(lines(['0:9', '/', '/', 'nfs4'])));
  t.equal(mountProblem('etc/a', diskless, []), undefined, 'what the node lives on is there when it recovers');
  for (const type of ['tmpfs', 'ramfs']) {
    const table = new MountTable('/', parseMountInfo(lines(['8:1', '/', '/', 'overlay'], ['0:9', '/', '/tmp', type])));
    t.equal(mountProblem('tmp/a', table, []), `/tmp is in memory (${type}), and what a release brings there would be gone after a boot`);
    const live = new MountTable('/', parseMountInfo(lines(['0:9', '/', '/', type])));
    t.equal(mountProblem('tmp/a', live, []), undefined, 'a node that lives in memory is what it is');
  }
  t.comment(`types of file systems that are refused: ${network.length}`);
  t.end();
});

void t.test('a mount counts by its options, and by being there', (t) => {
  const table = new MountTable('/sandbox', parseMountInfo(lines(['8:1', '/', '/', 'ext4'], ['8:2', '/', '/sandbox/m2', 'ext4'])));
  const expected = (at: string, isOptional: boolean) => [{ at, isOptional, from: 'etc/fstab' }];
  t.equal(mountProblem('m2/a', table, expected('m2', false)), undefined);
  t.match(mountProblem('m2/a', table, expected('m2', true)), /the boot does not wait for \/m2/);
  t.match(mountProblem('m3/a', table, expected('m3', false)), /\/m3 is not mounted now/);
  t.match(mountProblem('m3', table, expected('m3', false)), /\/m3 is not mounted now/);
  t.equal(mountProblem('m33', table, expected('m3', false)), undefined);
  const without = new MountTable('/', parseMountInfo(lines(['8:1', '/', '/', 'ext4'])));
  t.match(mountProblem('m2/a', without, []), /^\/m2 is not mounted now: /, 'the SSD is known by its place');
  t.equal(mountProblem('m2', without, []), undefined, 'the place itself may come with a release');
  t.end();
});

void t.test('a place is known under all its names', (t) => {
  const mounts = lines(
    ['8:1', '/', '/', 'ext4'],
    ['8:1', '/sandbox/var/log', '/sandbox/srv/log', 'ext4'],
    ['8:2', '/', '/sandbox/data', 'ext4'],
    ['8:2', '/deep/er', '/sandbox/srv/with\\040blank', 'ext4'],
    ['8:1', '/elsewhere', '/sandbox/other', 'ext4'],
  );
  const table = new MountTable('/sandbox', parseMountInfo(mounts));
  t.strictSame(table.aliases('var/log/a').toSorted(), ['srv/log/a', 'var/log/a']);
  t.strictSame(table.aliases('srv/log/a/b').toSorted(), ['srv/log/a/b', 'var/log/a/b']);
  t.strictSame(table.aliases('data/deep/er/x').toSorted(), ['data/deep/er/x', 'srv/with blank/x']);
  t.strictSame(table.aliases('data/deep/err'), ['data/deep/err']);
  t.strictSame(table.aliases('other/x'), ['other/x'], 'what is shown from outside of the root has no other name in it');
  t.strictSame(new MountTable('/', parseMountInfo(lines(['8:1', '/', '/', 'ext4'], ['8:1', '/var', '/srv', 'ext4']))).aliases('srv/a'), [
    'srv/a',
    'var/a',
  ]);
  t.end();
});
