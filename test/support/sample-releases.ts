import { randomBytes } from 'node:crypto';
import { directory, file, remove, symlink, task, TASK_LOG, type TestNode } from './update-node.ts';

const log = (what: string): string => `echo "${what} $UVS_VERSION" >> "$UVS_ROOT/${TASK_LOG}"`;

/** Builds two releases, "one" and "two", whose difference has everything that a release may change; "bad" is "two" with a failing post task. */
export async function buildSampleReleases(node: TestNode): Promise<void> {
  // does not compress, so that there are several segments
  const noise = randomBytes(4_500_000);
  const changedNoise = Buffer.from(noise).fill(7, 4_400_000, 4_400_100);
  await node.build('one', {
    seq: 1,
    files: [
      directory('opt/app'),
      directory('opt/app/old'),
      file('opt/app/old/gone', 'gone in two'),
      file('opt/app/old/also-gone', 'gone in two as well'),
      file('opt/app/bin', 'one', { mode: 0o755 }),
      file('opt/app/data', noise),
      file('opt/app/same', 'the same in both'),
      file('opt/app/linked-a', 'linked one', { linkGroup: 1 }),
      file('opt/app/linked-b', 'linked one', { linkGroup: 1 }),
      symlink('opt/app/current', 'bin'),
      file('etc/app.conf', 'setting = 1\n', { config: 'keep' }),
      file('etc/other.conf', 'other = 1\n', { config: 'new-beside' }),
      file('etc/plain.conf', 'plain = 1\n', { config: 'keep' }),
    ],
  });
  const files = [
    directory('opt/app', 0o750),
    directory('opt/app/new'),
    file('opt/app/new/file', 'new in two', { mode: 0o4755 }),
    file('opt/app/empty', ''),
    file('opt/implied/deep/er', 'its directories are not in the manifest'),
    remove('opt/app/old'),
    remove('opt/app/old/gone'),
    remove('opt/app/old/also-gone'),
    file('opt/app/bin', 'two', { mode: 0o700, uid: 12, gid: 34 }),
    file('opt/app/data', changedNoise),
    file('opt/app/same', 'the same in both'),
    file('opt/app/linked-a', 'linked two', { linkGroup: 1 }),
    file('opt/app/linked-b', 'linked two', { linkGroup: 1 }),
    symlink('opt/app/current', 'new/file'),
    file('etc/app.conf', 'setting = 2\n', { config: 'keep' }),
    file('etc/other.conf', 'other = 2\n', { config: 'new-beside' }),
    file('etc/plain.conf', 'plain = 2\n', { config: 'keep' }),
  ];
  const tasks = [task('pre', 'prepare', log('pre')), task('post', 'migrate', log('post')), task('cleanup', 'tidy', log('cleanup'))];
  await node.build('two', { seq: 2, files, tasks });
  await node.build('bad', {
    seq: 2,
    files,
    tasks: [...tasks.slice(0, 1), task('post', 'migrate', `${log('post')}; exit 3`), ...tasks.slice(2)],
  });
}
