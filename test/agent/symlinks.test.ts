import { existsSync, mkdirSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { install } from '../support/install.ts';
import { atPoint, runOperation } from '../support/run-operation.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { directory, file, task, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);

void t.test('a symlink in a parent is never followed', async (t) => {
  using node = new TestNode();
  const outside = join(node.directory, 'outside');
  mkdirSync(outside);
  symlinkSync(outside, join(node.root, 'opt'));
  await node.build('one', { seq: 1, files: [file('opt/deep/a', 'a')] });
  const ended = await install(node, 'one');
  t.match(ended, { outcome: 'failed', message: /^PATH_FORBIDDEN: .*opt is a symlink/ });
  t.strictSame(snapshot(outside), []);
});

void t.test('a symlink that comes into a parent between staging and commit is not followed either', async (t) => {
  using node = new TestNode();
  const outside = join(node.directory, 'outside');
  mkdirSync(outside);
  await node.build('one', {
    seq: 1,
    files: [file('opt/a', 'a')],
    tasks: [task('pre', 'attack', `ln -s ${outside} "$UVS_ROOT/opt"`)],
  });
  const ended = await install(node, 'one');
  t.match(ended, { outcome: 'rolled-back', message: /^PATH_FORBIDDEN: / });
  t.strictSame(snapshot(outside), []);
});

void t.test('a directory that becomes a symlink before the commit does not lend its new mode to what it points to', async (t) => {
  using node = new TestNode();
  const outside = join(node.directory, 'outside');
  mkdirSync(outside, { mode: 0o700 });
  mkdirSync(join(node.root, 'srv/theirs'), { recursive: true, mode: 0o750 });
  await node.build('one', { seq: 1, files: [directory('srv/theirs', 0o777), file('srv/a', 'a')] });
  const swap = atPoint('committing-recorded', () => {
    renameSync(join(node.root, 'srv/theirs'), join(node.root, 'srv/moved'));
    symlinkSync(outside, join(node.root, 'srv/theirs'));
  });
  const ended = await runOperation(node, 'one', swap);
  t.equal(statSync(outside).mode & 0o777, 0o700);
  t.match(ended, { outcome: 'needs-operator', message: /srv\/theirs/ });
  t.notOk(existsSync(join(node.root, 'srv/a')), 'the files are old again');
});
