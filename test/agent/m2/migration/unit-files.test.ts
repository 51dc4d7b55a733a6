import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { migrationUnitFiles } from '../../../../agent/m2/migration/unit-files.ts';
import { isNameable } from '../../../../agent/m2/migration/units.ts';

const unit = 'ceph-mon@a.service';
const store = '/var/lib/ceph/mon/ceph-a';
const log = '/var/log/ceph';
const dropIn = (directory: string): string =>
  `# Written by uvs-agent (docs/nodes.md, "The SSD on /m2").\n[Unit]\nRequiresMountsFor=${directory}\n`;

void t.test('two directories of one service each have their own drop-in, and undoing one leaves the other', async (t) => {
  const at = t.testdir();
  const files = migrationUnitFiles('/m2', at);
  const dropIns = (): readonly string[] => readdirSync(join(at, `${unit}.d`)).toSorted();
  await files.put(store, [unit]);
  await files.put(log, [unit]);
  t.strictSame(dropIns(), [String.raw`60-uvs-m2-var-lib-ceph-mon-ceph\x2da.conf`, '60-uvs-m2-var-log-ceph.conf']);
  writeFileSync(join(at, `${unit}.d`, '.60-uvs-m2-var-log-ceph.conf.0123456789ab'), 'left by a cut');
  await files.remove(log, [unit]);
  t.strictSame(dropIns(), [String.raw`60-uvs-m2-var-lib-ceph-mon-ceph\x2da.conf`]);
  t.strictSame([await files.isThere(store), await files.isThere(log)], [true, false]);
  t.strictSame(readdirSync(join(at, 'multi-user.target.wants')), [String.raw`var-lib-ceph-mon-ceph\x2da.mount`]);
  await files.remove(store, [unit]);
  t.throws(dropIns, { code: 'ENOENT' }, 'nothing is left');
});

void t.test("the drop-in of an earlier agent goes with its directory, and is left where it is another's", async (t) => {
  const at = t.testdir();
  const files = migrationUnitFiles('/m2', at);
  const former = join(at, `${unit}.d/60-uvs-m2.conf`);
  mkdirSync(join(at, `${unit}.d`));
  writeFileSync(former, dropIn(store));
  await files.put(log, [unit]);
  await files.remove(log, [unit]);
  t.equal(readFileSync(former, 'utf8'), dropIn(store));
  await files.remove(store, [unit]);
  t.notOk(existsSync(join(at, `${unit}.d`)));
  mkdirSync(join(at, `${unit}.d`));
  writeFileSync(former, dropIn(store));
  await files.put(store, [unit]);
  t.strictSame(readdirSync(join(at, `${unit}.d`)), [String.raw`60-uvs-m2-var-lib-ceph-mon-ceph\x2da.conf`]);
});

void t.test('a directory whose units would have too long a name is told from others', async (t) => {
  t.equal(isNameable(`/${'a'.repeat(240)}`), true);
  t.equal(isNameable(`/${'a'.repeat(241)}`), false);
  t.equal(isNameable(`/${'-'.repeat(61)}`), false);
});

void t.test('directories are known by their units, mounted or not', async (t) => {
  const at = t.testdir();
  const files = migrationUnitFiles('/m2', at);
  t.strictSame(await files.directories(), []);
  await files.put(store, [unit]);
  await files.put(log, [unit]);
  writeFileSync(join(at, 'srv.mount'), '[Mount]\nWhat=/m2/other\nWhere=/srv\n');
  t.strictSame((await files.directories()).toSorted(), [store, log]);
  await files.remove(log, [unit]);
  t.strictSame(await files.directories(), [store]);
});

void t.test('a copy that is missing is not made by systemd, an empty one, but keeps the service from starting', async (t) => {
  const at = t.testdir();
  await migrationUnitFiles('/m2', at).put(log, [unit]);
  t.match(readFileSync(join(at, 'var-log-ceph.mount'), 'utf8'), /^AssertPathIsDirectory=\/m2\/uvs\/var\/log\/ceph$/m);
});

void t.test('what is there already is not written anew, for which a full disk has no room', async (t) => {
  const at = t.testdir();
  const files = migrationUnitFiles('/m2', at);
  await files.put(log, [unit]);
  const before = statSync(join(at, 'var-log-ceph.mount')).ino;
  await files.put(log, [unit]);
  t.equal(statSync(join(at, 'var-log-ceph.mount')).ino, before);
});
