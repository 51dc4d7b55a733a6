import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DUMP_ARGUMENTS, parseXattrDump } from '../../common/xattr-dump.ts';
import { rollback } from '../../agent/commands/rollback.ts';
import { install } from '../support/install.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { directory, file, remove, symlink, task, TestNode } from '../support/update-node.ts';
import { accessList } from '../support/xattr-samples.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(120_000 * patience);
const isRoot = process.getuid?.() === 0;
const rootOnly = { skip: isRoot ? false : 'needs root to keep access from somebody' };

/** A node whose directories hand an access list on to whatever is made in them, for user 12345 to write there. */
class GenerousNode extends TestNode {
  constructor() {
    super();
    mkdirSync(join(this.root, 'srv'));
    for (const path of [this.root, join(this.root, 'srv')]) execFileSync('setfacl', ['-d', '-m', 'u:12345:rwx', path]);
  }

  /** Names of the extended attributes of whatever a release has put. */
  attributes(): Readonly<Record<string, readonly string[]>> {
    const dump = execFileSync('getfattr', ['-R', ...DUMP_ARGUMENTS, join(this.root, 'srv')], { encoding: 'latin1' });
    const found = [...parseXattrDump(dump)].map(([path, xattrs]) => [path.slice(this.root.length + 1), Object.keys(xattrs)] as const);
    return Object.fromEntries(found.filter(([path]) => path !== 'srv'));
  }
}

const files = [
  directory('srv/made', 0o775),
  directory('srv/made/shared', 0o755, { 'system.posix_acl_access': accessList('u::rwx,u:7:r-x,g::r-x,m::r-x,o::r-x') }),
  directory('srv/made/shared/below', 0o755),
  file('srv/made/data', 'x', { mode: 0o664 }),
  file('srv/implied/deep/data', 'x'),
  symlink('srv/made/link', 'data'),
];

void t.test('what a release makes inherits no access list from the directory above', rootOnly, async (t) => {
  using node = new GenerousNode();
  await node.build('one', { seq: 1, files });
  t.match(await install(node, 'one'), { outcome: 'installed' });
  t.strictSame(node.attributes(), { 'srv/made/shared': ['system.posix_acl_access'] });
  t.ok(snapshot(node.root).includes('srv/made/ 775 0:0'), 'its mode is the group’s, and no mask');
  execFileSync('getfattr', ['-n', 'system.posix_acl_default', '--only-values', join(node.root, 'srv')]);
});

void t.test('directories that come back inherit none either, and keep what they had', rootOnly, async (t) => {
  using node = new GenerousNode();
  await node.build('one', { seq: 1, files });
  await install(node, 'one');
  execFileSync('setfacl', ['-m', 'u:8:r-x', join(node.root, 'srv/implied')]);
  execFileSync('setfacl', ['-d', '-m', 'u:9:r-x', join(node.root, 'srv/made')]);
  const [before, attributes] = [snapshot(node.root), node.attributes()];
  const removed = files.map(({ path }) => remove(path));
  await node.build('bad', { seq: 2, files: removed, tasks: [task('post', 'fail', 'exit 3')] });
  t.match(await install(node, 'bad'), { outcome: 'rolled-back' });
  t.strictSame([snapshot(node.root), node.attributes()], [before, attributes], 'after a failure');
  await node.build('two', { seq: 2, files: removed });
  t.match(await install(node, 'two'), { outcome: 'installed' });
  t.notOk(snapshot(node.root).some((line) => line.startsWith('srv/made')));
  t.match(await rollback(node.console(), { noSlotReason: 'a test' }, new AbortController().signal), { outcome: 'done' });
  t.strictSame([snapshot(node.root), node.attributes()], [before, attributes], 'taken back');
});

void t.test('a new directory that got an access list after all is found out before the release is done', rootOnly, async (t) => {
  using node = new GenerousNode();
  const grant = task('post', 'grant', 'setfacl -m u:12345:r-x "$UVS_ROOT/srv/made"');
  await node.build('one', { seq: 1, files, tasks: [grant] });
  t.match(await install(node, 'one'), {
    outcome: 'rolled-back',
    message: /^READBACK_MISMATCH: the extended attribute system\.posix_acl_access of srv\/made is undeclared after the commit/,
  });
});
