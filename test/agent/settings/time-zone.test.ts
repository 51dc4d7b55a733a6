import { execFileSync } from 'node:child_process';
import { lstatSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { forgetPurged } from '../../../agent/settings/purged.ts';
import { TimeZone } from '../../../agent/settings/time-zone.ts';
import { SandboxRoot } from './sandbox.ts';

function makeRoot(t: Test) {
  const root = new SandboxRoot(t.testdir());
  for (const zone of ['Europe/Berlin', 'Asia/Tokyo', 'Etc/UTC']) root.write(`usr/share/zoneinfo/${zone}`, `TZif2 ${zone}`);
  const localtime = join(root.path, 'etc/localtime');
  return { root, localtime, zone: new TimeZone(root.path, root.before) };
}

/** Has the link not be made, nor anything after it, as where the agent dies or the disk is full. */
const fails = (root: SandboxRoot): void => root.write('etc/.localtime.uvs/in-the-way', '');
const works = (root: SandboxRoot): void => rmSync(join(root.path, 'etc/.localtime.uvs'), { recursive: true });

void t.test('the zone is a symlink to the zone’s file, and taking it back brings the one before', async (t) => {
  const { root, localtime, zone } = makeRoot(t);
  symlinkSync('/usr/share/zoneinfo/Etc/UTC', localtime);
  root.write('etc/timezone', 'Etc/UTC\n');
  t.match(await zone.keep('Europe/Berlin'), [{ name: 'time-zone', value: 'Europe/Berlin', state: 'in-force', mended: { length: 0 } }]);
  t.equal(readlinkSync(localtime), '../usr/share/zoneinfo/Europe/Berlin');
  t.equal(root.read('etc/timezone'), 'Europe/Berlin\n');
  t.match(await zone.keep('Asia/Tokyo'), [{ state: 'in-force', mended: { length: 0 } }]);
  t.match(await new TimeZone(root.path, root.before).keep('Asia/Tokyo'), [{ state: 'in-force', mended: { length: 0 } }]);
  t.same(await zone.keep(undefined), []);
  t.equal(readlinkSync(localtime), '/usr/share/zoneinfo/Etc/UTC');
  t.equal(root.read('etc/timezone'), 'Etc/UTC\n');
  t.same((await root.before.read())?.timeZone, undefined);
});

void t.test('a file, or nothing at all, comes back as well', async (t) => {
  const { root, localtime, zone } = makeRoot(t);
  await zone.keep('Asia/Tokyo');
  await zone.keep(undefined);
  t.throws(() => lstatSync(localtime), { code: 'ENOENT' });
  t.equal(root.read('etc/timezone'), undefined, 'what was not there is not made');
  root.write('etc/localtime', 'TZif2 my own');
  await zone.keep('Asia/Tokyo');
  t.ok(lstatSync(localtime).isSymbolicLink());
  await zone.keep(undefined);
  t.notOk(lstatSync(localtime).isSymbolicLink());
  t.equal(root.read('etc/localtime'), 'TZif2 my own');
});

void t.test('what somebody changed is put back, and told', async (t) => {
  const { localtime, zone } = makeRoot(t);
  await zone.keep('Asia/Tokyo');
  rmSync(localtime);
  symlinkSync('../usr/share/zoneinfo/Europe/Berlin', localtime);
  t.match(await zone.keep('Asia/Tokyo'), [{ state: 'in-force', mended: ['/etc/localtime'] }]);
  t.equal(readlinkSync(localtime), '../usr/share/zoneinfo/Asia/Tokyo');
});

void t.test(
  'what an administrator has set since the last look stays where the zone is taken back, and what a cut has left does not',
  async (t) => {
    const { root, localtime, zone } = makeRoot(t);
    const linkTo = (name: string): void => {
      rmSync(localtime, { force: true });
      symlinkSync(`../usr/share/zoneinfo/${name}`, localtime);
    };
    linkTo('Etc/UTC');
    root.write('etc/timezone', 'Etc/UTC\n');
    await zone.keep('Asia/Tokyo');
    linkTo('Europe/Berlin');
    await zone.keep(undefined);
    t.equal(readlinkSync(localtime), '../usr/share/zoneinfo/Europe/Berlin');
    t.equal(root.read('etc/timezone'), 'Etc/UTC\n', 'which was still as it was set');
    await zone.keep('Asia/Tokyo');
    root.write('etc/timezone', 'Etc/UCT\n');
    await zone.keep(undefined);
    t.equal(readlinkSync(localtime), '../usr/share/zoneinfo/Europe/Berlin');
    t.equal(root.read('etc/timezone'), 'Etc/UCT\n');
    await zone.keep('Asia/Tokyo');
    fails(root);
    await t.rejects(zone.keep('Etc/UTC'), 'as where the agent died before it set the second one');
    works(root);
    await zone.keep(undefined);
    t.equal(readlinkSync(localtime), '../usr/share/zoneinfo/Europe/Berlin');
    await zone.keep('Asia/Tokyo');
    await zone.keep('Etc/UTC');
    linkTo('Asia/Tokyo');
    await zone.keep(undefined);
    t.equal(readlinkSync(localtime), '../usr/share/zoneinfo/Asia/Tokyo', 'the first one is long replaced, and is an administrator’s now');
  },
);

void t.test('what the agent itself had not finished is nobody’s change', async (t) => {
  const { root, localtime, zone } = makeRoot(t);
  symlinkSync('../usr/share/zoneinfo/Etc/UTC', localtime);
  for (const name of ['Asia/Tokyo', 'Europe/Berlin']) {
    fails(root);
    await t.rejects(zone.keep(name));
    works(root);
    t.strictSame((await zone.keep(name))[0]?.mended, [], name);
    t.equal(readlinkSync(localtime), `../usr/share/zoneinfo/${name}`);
  }
  rmSync(localtime);
  t.strictSame((await zone.keep('Europe/Berlin'))[0]?.mended, ['/etc/localtime'], 'somebody’s is');
});

void t.test('a zone that somebody has set since a purge is nobody’s change, and what was before it comes back', async (t) => {
  const { root, localtime, zone } = makeRoot(t);
  symlinkSync('../usr/share/zoneinfo/Etc/UTC', localtime);
  await zone.keep('Asia/Tokyo');
  for (const _ of ['once', 'twice']) {
    writeFileSync(join(root.path, 'settings-purged'), 'boot-1\n');
    await forgetPurged(root.path, 'boot-2', root.before);
  }
  t.match((await root.before.read())?.timeZone, { set: '', replaced: 'Asia/Tokyo' });
  rmSync(localtime);
  symlinkSync('../usr/share/zoneinfo/Europe/Berlin', localtime);
  t.same((await zone.keep('Asia/Tokyo'))[0]?.mended, []);
  await zone.keep(undefined);
  t.equal(readlinkSync(localtime), '../usr/share/zoneinfo/Etc/UTC');
});

void t.test('a zone that the node lacks is refused by its name, and the one before stays', async (t) => {
  const { root, localtime, zone } = makeRoot(t);
  await zone.keep('Asia/Tokyo');
  t.match(await zone.keep('Europe/Kyiv'), [
    { state: 'refused', message: /^there is no time zone Europe\/Kyiv in \/usr\/share\/zoneinfo here/ },
  ]);
  t.match(await zone.keep('Europe'), [{ state: 'refused' }], 'a directory is no zone');
  root.write('usr/share/zoneinfo/Tzdata', 'text');
  t.match(await zone.keep('Tzdata'), [{ state: 'refused' }]);
  t.equal(readlinkSync(localtime), '../usr/share/zoneinfo/Asia/Tokyo');
});

void t.test('what is no file is no zone, and nobody waits for it or reads it to its end', async (t) => {
  const { root, zone } = makeRoot(t);
  execFileSync('mkfifo', [join(root.path, 'usr/share/zoneinfo/Fifo')]);
  symlinkSync('/dev/zero', join(root.path, 'usr/share/zoneinfo/Zero'));
  for (const name of ['Fifo', 'Zero']) t.match(await zone.keep(name), [{ state: 'refused' }], name);
});
