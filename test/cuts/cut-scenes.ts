import { appendFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { install } from '../support/install.ts';
import { netBindService, text } from '../support/xattr-samples.ts';
import { directory, file, remove, symlink, task, TASK_LOG, type TestNode } from '../support/update-node.ts';

/** Whether a release comes, or is taken back: either way the new one is that of the higher number. */
export type Way = 'apply' | 'rollback';

/** A release that is brought onto a node that has another one, or is taken back from it. */
export interface CutScene {
  readonly name: string;
  /** Package of the new release. */
  readonly package: string;
  readonly way: Way;
  /** Whether an agent that is left alone brings the node to the new release, or leaves it there. */
  readonly endsNew: boolean;
  readonly hasSlots: boolean;
}

/** On a full disk a task of its own would fail by itself, which is not what is asked here. */
const log = (what: string): string => `echo "${what} $UVS_VERSION" >> "$UVS_ROOT/${TASK_LOG}" || true`;

/** Each of the kinds of releases, as small as it can be: what counts is that every kind of act on every kind of path is among its points. */
export const cutScenes: readonly CutScene[] = [
  { name: 'full', package: 'full', way: 'apply', endsNew: true, hasSlots: false },
  { name: 'partial', package: 'partial', way: 'apply', endsNew: true, hasSlots: true },
  { name: 'removing', package: 'removing', way: 'apply', endsNew: true, hasSlots: false },
  { name: 'failing', package: 'failing', way: 'apply', endsNew: false, hasSlots: false },
  { name: 'taken back', package: 'full', way: 'rollback', endsNew: false, hasSlots: false },
];

/** Builds the packages, and brings the node to where the scenes begin in which a release comes. */
export async function buildCutScenes(node: TestNode): Promise<void> {
  const long = Buffer.alloc(4_300_000, 'three segments, which compress well. ');
  const base = await node.build('base', {
    seq: 1,
    files: [
      directory('opt/app'),
      directory('opt/app/old'),
      file('opt/app/old/gone', 'gone in the next'),
      file('opt/app/bin', 'one', { mode: 0o4755 }),
      file('opt/app/linked-a', 'linked one', { linkGroup: 1 }),
      file('opt/app/linked-b', 'linked one', { linkGroup: 1 }),
      symlink('opt/app/current', 'bin'),
      file('var/app/state', 'one'),
      file('var/app/gone', 'gone in the next'),
      file('etc/kept.conf', 'setting = 1\n', { config: 'keep' }),
      file('etc/beside.conf', 'other = 1\n', { config: 'new-beside' }),
    ],
  });
  const files = [
    directory('opt/app', 0o750, { 'user.kind': text('app') }),
    directory('opt/app/new'),
    file('opt/app/new/file', long, { mode: 0o755 }),
    remove('opt/app/old'),
    remove('opt/app/old/gone'),
    file('opt/app/bin', 'two', { mode: 0o2700, uid: 12, gid: 34, xattrs: { 'user.note': text('by the release') } }),
    file('opt/app/linked-a', 'linked two', { linkGroup: 1 }),
    file('opt/app/linked-b', 'linked two', { linkGroup: 1 }),
    symlink('opt/app/current', 'new/file'),
    file('var/app/state', 'two', { mode: 0o700, xattrs: { 'security.capability': netBindService } }),
    remove('var/app/gone'),
    file('var/app/deep/new', 'new'),
    file('etc/kept.conf', 'setting = 2\n', { config: 'keep' }),
    file('etc/beside.conf', 'other = 2\n', { config: 'new-beside' }),
  ];
  const tasks = [task('pre', 'prepare', log('pre')), task('post', 'migrate', log('post')), task('cleanup', 'tidy', log('cleanup'))];
  await node.build('full', { seq: 2, files, tasks });
  await node.build('failing', { seq: 2, files, tasks: [task('post', 'migrate', `${log('post')}; exit 3`)] });
  await node.build('partial', {
    seq: 2,
    kind: 'partial',
    base: base.manifestHash,
    files: [file('opt/app/bin', 'a patch', { mode: 0o755 }), file('opt/app/implied/more', 'its directory is not in the manifest')],
  });
  await node.build('removing', {
    seq: 2,
    kind: 'partial',
    base: base.manifestHash,
    files: [
      'opt/app/old',
      'opt/app/old/gone',
      'opt/app/bin',
      'opt/app/linked-a',
      'opt/app/linked-b',
      'opt/app/current',
      'etc/beside.conf',
    ].map(remove),
  });
  await install(node, 'base');
  for (const path of ['etc/kept.conf', 'etc/beside.conf']) appendFileSync(join(node.root, path), '# by the admin\n');
  // what the old files have beside their mode comes back with them
  execFileSync('setcap', ['cap_net_bind_service=ep', join(node.root, 'opt/app/linked-a')]);
  execFileSync('setfattr', ['-n', 'user.note', '-v', 'by the admin', join(node.root, 'opt/app/bin')]);
}
