import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { isWrittenByAgent } from '../../agent/files/agent-written.ts';
import { bindUnit, bindWant, serviceDropIn } from '../../agent/m2/migration/units.ts';
import { mountUnits } from '../../agent/m2/units.ts';
import { install } from '../support/install.ts';
import { refuseAll, type PathAttacks } from '../support/path-attacks.ts';
import { directory, file, remove, symlink, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);

const own = /belongs to (?:the agent itself|a coordinator of UVS)/;
const leads = /it leads to \/\S+, which belongs to/;
const above = /the agent has its own below it, or dpkg or rpm a database/;

const attacks: PathAttacks = {
  'the link that names the state directory': [[symlink('var/lib/uvs-agent', '/opt/other')], own],
  'the same, as a file': [[file('var/lib/uvs-agent', 'x')], own],
  'a removal of it': [[remove('var/lib/uvs-agent')], own],
  'what it leads to': [[file('data/2/uvs/journal', 'x')], own],
  'a link on the way there': [[symlink('data/current', '1')], leads],
  'a removal of that': [[remove('data/current')], leads],
  'a link in the place of what it leads to': [[symlink('data/2/uvs', '/opt/other')], own],
  'the directory of the settings, which is a link': [[symlink('etc/uvs', '/opt/other')], leads],
  'the settings by the name behind it': [[file('data/etc/agent.toml', 'x')], own],
  'the keys by the name behind it': [[file('data/etc/pki/authority.key', 'x')], own],
  'what starts the agent, by the name behind a link': [[file('data/launch', 'x')], own],
  'the coordinator’s state, whose directory is not there': [[symlink('var/lib/uvs-coordinator', '/opt/other')], own],
  'a link in the place of a directory that is not there, and will have the agent’s programs': [
    [symlink('usr/lib/uvs/agent', '/opt')],
    above,
  ],
  'the database of rpm by the name behind a link': [[file('data/rpm/rpmdb.sqlite', 'x')], /\/data\/rpm is a database of dpkg or rpm/],
  'that link': [[symlink('var/lib/rpm', '/opt/rpm')], /\/var\/lib\/rpm is a database of dpkg or rpm/],
};

const units = 'etc/systemd/system';

const written: PathAttacks = {
  'limits of a service': [[file(`${units}/ceph-osd@3.service.d/90-uvs-limits.conf`, 'x')], own],
  'parameters of the kernel': [[file('etc/sysctl.d/90-uvs-settings.conf', 'x')], own],
  'servers of timesyncd': [[file('etc/systemd/timesyncd.conf.d/90-uvs-settings.conf', 'x')], own],
  'servers of chrony': [[file('etc/chrony/sources.d/90-uvs-settings.sources', 'x')], own],
  'the same where chrony was told to look elsewhere': [[file('opt/chrony/90-uvs-settings.sources', 'x')], own],
  'a removal of settings': [[remove('etc/sysctl.d/90-uvs-settings.conf')], own],
  'the mount of the SSD': [[file(`${units}/m2.mount`, 'x')], own],
  'the same, masked': [[symlink(`${units}/m2.mount`, '/dev/null')], own],
  'a link that wants it': [[symlink(`${units}/local-fs.target.wants/m2.mount`, '/dev/null')], own],
  'a link of its device': [[remove(`${units}/dev-sda1.device.wants/m2.mount`)], own],
  'the time that is waited for the SSD': [[file(`${units}/dev-sda1.device.d/50-uvs-m2.conf`, 'x')], own],
  'what trims it': [[file(`${units}/uvs-m2-trim.service`, 'x')], own],
  'when that is': [[file(`${units}/uvs-m2-trim.timer`, 'x')], own],
  'the link of that': [[remove(`${units}/timers.target.wants/uvs-m2-trim.timer`)], own],
  'what waits for a directory on it': [[file(`${units}/ceph-mon@a.service.d/60-uvs-m2-var-log-ceph.conf`, 'x')], own],
  'the same as earlier agents called it': [[file(`${units}/ceph-mon@a.service.d/60-uvs-m2.conf`, 'x')], own],
  'the mount of a directory that was brought to it': [[file(`${units}/var-log-ceph.mount`, 'x')], own],
  'a removal of that': [[remove(`${units}/var-log-ceph.mount`)], own],
  'the link of that mount': [[remove(`${units}/multi-user.target.wants/var-log-ceph.mount`)], own],
};

void t.test('no release brings what the agent writes for limits, settings and the SSD', async (t) => {
  using node = new TestNode();
  mkdirSync(join(node.root, units), { recursive: true });
  for (const { path, text } of [bindUnit('/m2', '/var/log/ceph'), ...mountUnits('/m2', 'aaaa-bbbb', 'ext4')]) {
    mkdirSync(dirname(join(node.root, units, path)), { recursive: true });
    writeFileSync(join(node.root, units, path), text);
  }
  await refuseAll(t, node, written);
});

void t.test('every unit that the agent writes for the SSD is its own, and a mount of somebody else is not', (t) => {
  const root = t.testdir();
  const directory = '/var/log/ceph';
  const files = [...mountUnits('/m2', 'aaaa-bbbb', 'ext4'), bindUnit('/m2', directory), serviceDropIn(directory, 'a.service')];
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, units, path)), { recursive: true });
    writeFileSync(join(root, units, path), text);
  }
  for (const { path } of [...files, bindWant(directory)]) t.equal(isWrittenByAgent(root, `${units}/${path}`), true, path);
  writeFileSync(join(root, units, 'srv.mount'), '[Mount]\nWhat=/dev/sdb1\nWhere=/srv\n');
  for (const path of ['srv.mount', 'multi-user.target.wants/srv.mount', 'new.mount', 'ceph-mon@a.service.d/60-site.conf'])
    t.equal(isWrittenByAgent(root, `${units}/${path}`), false, path);
  t.end();
});

/** Much of what an agent needs is elsewhere: an admin has moved it to another disk. */
function furnish(root: string): void {
  const link = (path: string, to: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(to, join(root, path));
  };
  for (const path of ['data/2/uvs', 'data/etc', 'data/rpm']) mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, 'data/launch'), '#!/bin/sh\n');
  link('data/current', '2');
  link('var/lib/uvs-agent', '../../data/current/uvs');
  link('etc/uvs', '../data/etc');
  link('usr/lib/uvs/launch-agent', '../../../data/launch');
  link('var/lib/rpm', '../../data/rpm');
}

void t.test('what is the agent’s own stays so under every name that symlinks give it, and so do these', async (t) => {
  using node = new TestNode();
  furnish(node.root);
  await refuseAll(t, node, attacks, ['data/2/uvs']);
});

void t.test('what is beside it is brought in', async (t) => {
  using node = new TestNode();
  furnish(node.root);
  const files = [file('data/2/uvs-other', 'x'), symlink('data/newest', '2'), directory('data/2', 0o750), file('data/launched', 'x')];
  await node.build('one', { seq: 1, files });
  t.match(await install(node, 'one'), { outcome: 'installed' });
});
