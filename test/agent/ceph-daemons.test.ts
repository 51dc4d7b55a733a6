import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { cephDaemons } from '../../agent/ceph-daemons.ts';
import { MAX_DAEMONS } from '../../common/facts.ts';

function rootWith(t: Pick<typeof import('tap').t, 'teardown'>, directories: readonly string[], files: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'uvs-daemons-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  for (const directory of directories) mkdirSync(join(root, 'var/lib/ceph', directory), { recursive: true });
  for (const file of files) {
    mkdirSync(join(root, 'var/lib/ceph', file), { recursive: true });
    writeFileSync(join(root, 'var/lib/ceph', file, 'keyring'), '');
  }
  return root;
}

void t.test('daemons are found by their data, of packages and of cephadm alike, in natural order', async (t) => {
  const fsid = '5eec0c25-d155-4cdd-a47b-dd77eff42479';
  const root = rootWith(
    t,
    ['bootstrap-osd', 'tmp'],
    [
      'mon/ceph-node-1',
      'mgr/ceph-x',
      'mds/ceph-fs.a',
      'osd/ceph-10',
      'osd/ceph-9',
      `${fsid}/osd.11`,
      `${fsid}/mon.b`,
      `${fsid}/crash.node-1`,
    ],
  );
  t.same(await cephDaemons(root), ['mds.fs.a', 'mgr.x', 'mon.b', 'mon.node-1', 'osd.9', 'osd.10', 'osd.11']);
});

void t.test('an empty directory, a foreign name and a machine without Ceph are no daemons', async (t) => {
  const root = rootWith(t, ['osd/ceph-3', 'mon/ceph-a'], ['osd/ceph-x', 'osd/ceph-', 'rgw/ceph-r', 'mon/ceph-a b', 'not-an-fsid/osd.4']);
  t.same(await cephDaemons(root), []);
  t.same(await cephDaemons(rootWith(t, [], [])), []);
});

void t.test('what can not be read is not taken for nothing', async (t) => {
  const root = rootWith(t, ['osd'], ['mon/ceph-a']);
  const loop = join(root, 'var/lib/ceph/osd/ceph-3');
  symlinkSync(loop, loop);
  t.same(await cephDaemons(root), ['mon.a', 'osd.3'], 'a daemon whose data can not be read is one');
  rmSync(join(root, 'var/lib/ceph/osd'), { recursive: true });
  symlinkSync('osd', join(root, 'var/lib/ceph/osd'));
  t.equal(await cephDaemons(root), undefined, 'and of a whole directory nobody knows');
  symlinkSync('/nowhere/at/all', join(root, 'var/lib/ceph/mgr'));
  rmSync(join(root, 'var/lib/ceph/osd'));
  t.same(await cephDaemons(root), ['mon.a']);
});

void t.test('the list has an end', async (t) => {
  const many = Array.from({ length: MAX_DAEMONS + 5 }, (_, id) => `osd/ceph-${id}`);
  t.equal((await cephDaemons(rootWith(t, [], many)))?.length, MAX_DAEMONS);
});
