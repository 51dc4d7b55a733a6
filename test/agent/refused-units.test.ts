import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { install } from '../support/install.ts';
import { refuseAll, type PathAttacks } from '../support/path-attacks.ts';
import { directory, file, remove, symlink, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(300_000 * patience);

const own = /starts the agent, and recovery at boot/;
const needed = /changes a unit by which the agent starts, and recovery at boot/;
const second = /another name for a unit by which the agent starts/;
const manager = /rules how all units start/;
const below = /units are looked for below it/;
const linked = /by which the agent starts is there by a symlink/;

const attacks: PathAttacks = {
  'the agent’s unit': [[file('etc/systemd/system/uvs-agent.service', 'x')], own],
  'the agent’s unit, masked': [[symlink('etc/systemd/system/uvs-agent.service', '/dev/null')], own],
  'a drop-in for it': [[file('etc/systemd/system/uvs-agent.service.d/x.conf', 'x')], own],
  'a drop-in for recovery': [[file('usr/lib/systemd/system/uvs-agent-recover.service.d/x.conf', 'x')], own],
  'a drop-in for all that begin like recovery': [[file('etc/systemd/system/uvs-agent-.service.d/x.conf', 'x')], own],
  'a drop-in for all that begin like the agent': [[file('etc/systemd/system/uvs-.service.d/x.conf', 'x')], needed],
  'a drop-in for all services': [[file('etc/systemd/system/service.d/x.conf', 'x')], needed],
  'the directory of one': [[directory('etc/systemd/system/service.d')], needed],
  'a link in the place of that directory': [[symlink('etc/systemd/system/service.d', '/opt/x')], needed],
  'a drop-in for all services, by systemctl set-property': [[file('etc/systemd/system.control/service.d/x.conf', 'x')], needed],
  'a drop-in for all services, attached': [[file('etc/systemd/system.attached/service.d/x.conf', 'x')], needed],
  'a drop-in for all services, below /usr/local': [[file('usr/local/lib/systemd/system/service.d/x.conf', 'x')], needed],
  'a drop-in for all services, below /usr': [[file('usr/lib/systemd/system/service.d/x.conf', 'x')], needed],
  'a drop-in for all services, where /usr is not merged': [[file('lib/systemd/system/service.d/x.conf', 'x')], needed],
  'a drop-in for all services, below /run': [[file('run/systemd/system/service.d/x.conf', 'x')], /\/run is gone with the next boot/],
  'a removal of one': [[remove('etc/systemd/system/service.d/x.conf')], needed],
  'a drop-in for tasks': [[file('etc/systemd/system/uvs-task-.service.d/x.conf', 'x')], own],
  'a unit that the agent has to wait for': [
    [file('etc/systemd/system/x.service', 'x'), symlink('etc/systemd/system/uvs-agent.service.requires/x.service', '../x.service')],
    own,
  ],
  'the link that has recovery started': [[remove('etc/systemd/system/sysinit.target.wants/uvs-agent-recover.service')], own],
  'another recovery': [
    [symlink('etc/systemd/system/sysinit.target.wants/uvs-agent-recover.service', '/etc/systemd/system/x.service')],
    own,
  ],
  'a target of the boot, masked': [[symlink('etc/systemd/system/local-fs.target', '/dev/null')], needed],
  'the first of all targets': [[symlink('etc/systemd/system/default.target', 'rescue.target')], needed],
  'a drop-in for a target of the boot': [[file('etc/systemd/system/sysinit.target.d/x.conf', 'x')], needed],
  'a drop-in for all targets': [[file('etc/systemd/system/target.d/x.conf', 'x')], needed],
  'a mount over the agent’s state': [[file('etc/systemd/system/var-lib-uvs\\x2dagent.mount', 'x')], needed],
  'a drop-in for all mounts below /var': [[file('etc/systemd/system/var-.mount.d/x.conf', 'x')], needed],
  'limits for all that the system runs': [[file('etc/systemd/system/system.slice.d/x.conf', 'x')], needed],
  'limits for everything': [[file('etc/systemd/system/-.slice.d/x.conf', 'x')], needed],
  'a second name for the agent’s unit': [[symlink('etc/systemd/system/mine.service', 'uvs-agent.service')], second],
  'the agent’s unit, wanted by another name': [
    [symlink('etc/systemd/system/x.target.wants/mine.service', '/usr/lib/systemd/system/uvs-agent.service')],
    second,
  ],
  'a second name for a target of the boot': [
    [symlink('usr/local/lib/systemd/system/mine.target', '/usr/lib/systemd/system/sysinit.target')],
    second,
  ],
  'a drop-in for a second name that the node has given the agent': [[file('etc/systemd/system/updater.service.d/x.conf', 'x')], needed],
  'that second name': [[file('etc/systemd/system/updater.service', 'x')], linked],
  'where the agent’s drop-ins are by a symlink': [[file('opt/drop-ins/x.conf', 'x')], linked],
  'where a directory of units is by a symlink': [[file('data/control/service.d/x.conf', 'x')], needed],
  'that symlink': [[remove('etc/systemd/system.control')], linked],
  'settings of the service manager': [[file('etc/systemd/system.conf', 'x')], manager],
  'more of them': [[file('usr/lib/systemd/system.conf.d/x.conf', 'x')], manager],
  'a generator of units': [[symlink('etc/systemd/system-generators/systemd-fstab-generator', '/dev/null')], manager],
  'a generator of the environment': [[file('usr/local/lib/systemd/system-environment-generators/x', 'x')], manager],
  'what is started by default': [[file('etc/systemd/system-preset/00-x.preset', 'disable *')], manager],
  'a link in the place of a directory of units': [[symlink('etc/systemd/system.attached', '/opt/x')], below],
  'a link above such a directory': [[symlink('usr/local/lib', '/opt/x')], below],
  'a file above such a directory': [[file('usr/local/lib/systemd', 'x')], below],
};

/** As an admin may have set up a node. */
function furnish(root: string): void {
  const put = (path: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '[Unit]\n');
  };
  put('usr/lib/systemd/system/uvs-agent.service');
  put('opt/drop-ins/memory.conf');
  mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
  symlinkSync('/usr/lib/systemd/system/uvs-agent.service', join(root, 'etc/systemd/system/updater.service'));
  symlinkSync('../../../opt/drop-ins', join(root, 'etc/systemd/system/uvs-agent.service.d'));
  symlinkSync('/data/control', join(root, 'etc/systemd/system.control'));
  // nothing that leads nowhere stands for another
  symlinkSync('/dev/null', join(root, 'etc/systemd/system/network-online.target'));
  symlinkSync('/dev/null', join(root, 'etc/systemd/system/idle.service'));
}

void t.test('no release changes a unit by which the agent and recovery start, by whatever file', async (t) => {
  using node = new TestNode();
  furnish(node.root);
  await refuseAll(t, node, attacks);
  t.comment(`ways to change the agent’s units refused: ${Object.keys(attacks).length}`);
});

void t.test('units of a release’s own are brought in, changed, enabled and removed', async (t) => {
  using node = new TestNode();
  furnish(node.root);
  const unit = file('etc/systemd/system/mine.service', 'a unit');
  const files = [
    unit,
    symlink('etc/systemd/system/multi-user.target.wants/mine.service', '../mine.service'),
    file('etc/systemd/system/ceph-osd@.service.d/limits.conf', 'x'),
    file('etc/systemd/system/ceph-.service.d/limits.conf', 'x'),
    file('etc/systemd/system/idle.service.d/x.conf', 'x'),
    file('etc/systemd/journald.conf.d/x.conf', 'x'),
    symlink('etc/systemd/system/also-mine.service', 'mine.service'),
    directory('usr/local/lib/systemd/system'),
    file('usr/local/lib/systemd/system/m2.mount', 'x'),
    file('opt/beside', 'x'),
  ];
  await node.build('one', { seq: 1, files });
  t.match(await install(node, 'one'), { outcome: 'installed' });
  await node.build('two', {
    seq: 2,
    files: [unit, remove('usr/local/lib/systemd/system/m2.mount'), remove('usr/local/lib/systemd/system')],
  });
  t.match(await install(node, 'two'), { outcome: 'installed' });
});
