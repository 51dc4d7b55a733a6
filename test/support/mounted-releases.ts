import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EntrySpec } from '../../common/upd/writer.ts';
import { install } from './install.ts';
import type { BootFileSystem } from './mounted-node.ts';
import { directory, file, remove, symlink, type TestNode } from './update-node.ts';

/** What an admin adds to a config file. */
export const EDIT = '# by the admin\n';

/** A program that runs, in two versions. */
export interface Programs {
  readonly one: Buffer;
  readonly two: Buffer;
}

export function mountedPrograms(): Programs {
  const sleep = readFileSync('/bin/sleep');
  return { one: sleep, two: Buffer.concat([sleep, Buffer.from('two')]) };
}

/** Each config policy on another mount, with whether the admin edits it. */
const configs = (value: string): EntrySpec[] => [
  file('etc/kept.conf', `root = ${value}\n`, { config: 'keep' }),
  file('var/app/beside.conf', `var = ${value}\n`, { config: 'new-beside' }),
  file('srv/store/replaced.conf', `store = ${value}\n`, { config: 'replace' }),
  file('srv/store/beside.conf', `store = ${value}\n`, { config: 'new-beside' }),
  // all that is held there is 755
  file('boot/config.txt', `boot = ${value}\n`, { mode: 0o755, config: 'keep' }),
];

/**
 * Builds release "one", installs it, and edits config files as an admin does; builds "two", which replaces, brings and removes on the root, /boot, /var
 * and a bind mount at once.
 */
export async function buildMountedReleases(node: TestNode, boot: BootFileSystem, programs: Programs): Promise<void> {
  const hasLinks = boot === 'ext4';
  await node.build('one', {
    seq: 1,
    files: [
      ...configs('1'),
      file('boot/vmlinuz-6.1', 'kernel of one', { mode: 0o755 }),
      file('boot/vmlinuz-5.10', 'kernel of before', { mode: 0o755 }),
      file('boot/extlinux/extlinux.conf', 'linux /vmlinuz-6.1\n', { mode: 0o755 }),
      ...(hasLinks ? [symlink('boot/vmlinuz', 'vmlinuz-6.1')] : []),
      file('opt/bin/server', programs.one, { mode: 0o755 }),
      file('opt/gone', 'gone'),
      directory('opt/old'),
      file('opt/old/gone', 'gone'),
      file('var/app/data', 'one', { mode: 0o640, uid: 12, gid: 34 }),
      file('var/app/gone', 'gone'),
      file('srv/store/data', 'one'),
      file('srv/store/gone', 'gone'),
    ],
    brings: { uvs: '2.14.1', kernel: '6.1' },
  });
  const two: EntrySpec[] = [
    ...configs('2'),
    file('boot/vmlinuz-6.6', 'kernel of two', { mode: 0o755 }),
    file('boot/vmlinuz-6.1', 'kernel of one', { mode: 0o755 }),
    remove('boot/vmlinuz-5.10'),
    file('boot/extlinux/extlinux.conf', 'linux /vmlinuz-6.6\n', { mode: 0o755 }),
    ...(hasLinks ? [symlink('boot/vmlinuz', 'vmlinuz-6.6')] : []),
    file('opt/bin/server', programs.two, { mode: 0o755 }),
    remove('opt/gone'),
    remove('opt/old'),
    remove('opt/old/gone'),
    file('opt/new/deep/file', 'its directories are not in the manifest'),
    file('var/app/data', 'two', { mode: 0o600, uid: 56, gid: 78 }),
    remove('var/app/gone'),
    directory('var/app/new', 0o700),
    file('var/app/new/file', 'new'),
    file('srv/store/data', 'two'),
    remove('srv/store/gone'),
    file('srv/store/new', 'new'),
  ];
  await node.build('two', { seq: 2, files: two });
  await node.build('three', { seq: 3, files: [file('var/app/locked', 'three'), ...two.filter(({ path }) => path !== 'var/app/data')] });
  await install(node, 'one');
  for (const path of ['etc/kept.conf', 'var/app/beside.conf', 'srv/store/replaced.conf', 'boot/config.txt']) {
    appendFileSync(join(node.root, path), EDIT);
  }
}
