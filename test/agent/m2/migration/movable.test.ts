import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageDatabases } from '../../../../agent/files/package-owners.ts';
import { demandMovable, type Movable } from '../../../../agent/m2/migration/movable.ts';
import { errorOf } from '../../../support/failure.ts';

const wanted: Movable = {
  mountPoint: '/proc',
  statePath: '/var/lib/uvs-agent',
  directory: '/srv/data',
  units: [],
  others: [],
  whyNotOwn: async () => '',
  whoSees: async () => [],
  isLoaded: async () => true,
  leftovers: [],
};

async function refusalOf(given: Partial<Movable>): Promise<string> {
  return (await errorOf(demandMovable({ ...wanted, ...given }))).message;
}

void t.test('what is above or below a directory that was brought to the SSD stays where it is, mounted or not', async (t) => {
  const others = ['/var/lib/ceph/mon'];
  for (const directory of ['/var/lib/ceph', '/var/lib/ceph/mon/ceph-a'])
    t.match(await refusalOf({ directory, others }), /\/var\/lib\/ceph\/mon was brought to the SSD, and one of the two is below the other/);
  t.match(
    await refusalOf({ directory: '/var/lib/ceph/monitors', others }),
    /: there is no such directory$/,
    'only its name begins the same',
  );
});

void t.test("the agent's own places are not movable, in whole or in part", async (t) => {
  for (const directory of ['/var/lib/uvs-agent', '/var/lib/uvs-agent/operations', '/.uvs-staging', '/srv/.uvs-retained/x'])
    t.match(await refusalOf({ directory }), /the agent keeps its own state there/, directory);
});

void t.test('a directory that is on the disk of the SSD already is not brought there', async (t) => {
  const directory = join(t.testdir(), 'data');
  mkdirSync(directory);
  const mountPoint = execFileSync('stat', ['-c', '%m', directory], { encoding: 'utf8' }).trim();
  t.match(await refusalOf({ directory, mountPoint }), /it is on the SSD already/);
});

void t.test('flags of chattr, which no copy has, are named', { skip: process.getuid?.() === 0 ? false : 'needs root' }, async (t) => {
  const directory = t.testdir();
  for (const flag of ['i', 'a']) {
    const file = join(directory, `below-${flag}`, 'file');
    mkdirSync(join(file, '..'));
    writeFileSync(file, '');
    execFileSync('chattr', [`+${flag}`, file]);
    const said = await refusalOf({ directory }).finally(() => execFileSync('chattr', [`-${flag}`, file]));
    t.match(said, new RegExp(`below-${flag}/file is immutable, or may only be appended to`));
  }
  t.match(await refusalOf({ directory, units: ['x.service'], isLoaded: async () => false }), /: there is no unit x\.service$/);
});

void t.test(
  'what is of no use on a file system without devices and without rights of others is named',
  { skip: process.getuid?.() === 0 ? false : 'needs root' },
  async (t) => {
    const directory = realpathSync(t.testdir({ deep: { program: '', plain: '' } }));
    chmodSync(join(directory, 'deep'), 0o2755);
    t.notMatch(
      await refusalOf({ directory, units: ['x.service'], isLoaded: async () => false }),
      /is a device/,
      'a group that directories inherit is nothing',
    );
    chmodSync(join(directory, 'deep/program'), 0o4755);
    t.match(await refusalOf({ directory }), /deep\/program is a device, or a program that runs as somebody else/);
    chmodSync(join(directory, 'deep/program'), 0o755);
    execFileSync('mknod', [join(directory, 'deep/null'), 'c', '1', '3']);
    t.match(await refusalOf({ directory }), /deep\/null is a device, or a program/);
    rmSync(join(directory, 'deep/null'));
    execFileSync('setfattr', [
      '-n',
      'security.capability',
      '-v',
      '0x0100000200200000000000000000000000000000',
      join(directory, 'deep/program'),
    ]);
    t.match(await refusalOf({ directory }), /deep\/program is a device, or a program that runs as somebody else/);
  },
);

void t.test("to a disk that is not the agent's own SSD nothing is brought", async (t) => {
  const said = await refusalOf({ directory: realpathSync(t.testdir()), whyNotOwn: async () => 'something else is mounted' });
  t.match(said, /can't be brought to \/proc: something else is mounted$/);
});

void t.test('what the machine itself needs stays where it is, wherever it keeps that', async (t) => {
  const needed = `/etc /etc/ssh /usr/share /lib/modules /lib64/x /bin/x /root/.ssh /opt /var/lib /home
    /var/lib/dpkg /var/lib/dpkg/info /var/lib/rpm /usr/lib/sysimage/rpm /var/lib/systemd /var/lib/systemd/coredump /var/lib/apt`;
  for (const directory of needed.split(/\s+/)) t.match(await refusalOf({ directory }), /the system needs it in its place/, directory);
  for (const directory of ['/var/lib/dpkg-like', '/var/lib/ceph', '/var/log/ceph', '/var/cache/apt', '/opt/store', '/library', '/srv/lib'])
    t.notMatch(await refusalOf({ directory }).catch(() => ''), /the system needs it/, directory);
  for (const path of packageDatabases) t.match(await refusalOf({ directory: `/${path}` }), /the system needs it in its place/, path);
  t.match(await refusalOf({ directory: '/m2/uvs' }), /that is where the SSD itself is mounted/);
});
