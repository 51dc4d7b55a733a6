import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { install } from '../support/install.ts';
import { installRpm } from '../support/install-rpm.ts';
import { refuseAll, type PathAttacks } from '../support/path-attacks.ts';
import { file, remove, symlink, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);

const attacks: PathAttacks = {
  'a file of rpm': [[file('usr/share/tool/data', 'x')], /belongs to the rpm package tool/],
  'a link in its place': [[symlink('usr/share/tool/data', '/etc/passwd')], /belongs to the rpm package tool/],
  'a config file of rpm, kept where edited': [[file('usr/share/tool/data', 'x', { config: 'keep' })], /belongs to the rpm package tool/],
  'a removal of what is rpm’s by now': [[remove('opt/taken-over')], /belongs to the rpm package taker/],
};

void t.test('what rpm owns is refused at staging, as what dpkg owns is', async (t) => {
  using node = new TestNode();
  const top = join(node.directory, 'build');
  mkdirSync(top);
  await node.build('one', { seq: 1, files: [file('opt/taken-over', 'x\n')] });
  t.match(await install(node, 'one'), { outcome: 'installed' });
  installRpm(top, node.root, 'tool', '/usr/share/tool/data');
  installRpm(top, node.root, 'taker', '/opt/taken-over');
  // rpm writes there whenever it is asked
  await refuseAll(t, node, attacks, ['var/lib/uvs-agent', 'var/lib/rpm']);
});
