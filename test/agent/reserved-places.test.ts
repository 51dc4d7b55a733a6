import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { install } from '../support/install.ts';
import { refuseAll, type PathAttacks } from '../support/path-attacks.ts';
import { directory, file, remove, symlink, TestNode } from '../support/update-node.ts';

t.setTimeout(120_000);

const own = /belongs to the kernel or to the agent itself/;
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
