import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { install } from '../support/install.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { directory, file, remove, symlink, task, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);

void t.test('a release that does not read back as the manifest says is not installed', async (t) => {
  using node = new TestNode();
  const damages = [
    'printf x >> "$UVS_ROOT/opt/a"',
    'chmod 600 "$UVS_ROOT/opt/a"',
    'rm "$UVS_ROOT/opt/a"',
    'ln -sfn b "$UVS_ROOT/opt/link"',
  ];
  for (const [index, damage] of damages.entries()) {
    const files = [file('opt/a', 'a'), symlink('opt/link', 'a')];
    await node.build('one', { seq: index + 1, files, tasks: [task('post', 'damage', damage)] });
    const before = snapshot(node.root);
    t.match(await install(node, 'one'), { outcome: 'rolled-back', message: /^READBACK_MISMATCH: opt\/(a|link) / }, damage);
    t.strictSame(snapshot(node.root), before);
  }
});

void t.test('a config file that the admin edited is kept, or the new one goes beside; an unedited one is replaced', async (t) => {
  using node = new TestNode();
  const configs = (value: string) => [
    file('etc/keep', value, { config: 'keep' }),
    file('etc/beside', value, { config: 'new-beside' }),
    file('etc/replace', value),
    file('etc/unedited', value, { config: 'keep' }),
  ];
  await node.build('one', { seq: 1, files: configs('1') });
  await node.build('two', { seq: 2, files: configs('2') });
  await install(node, 'one');
  for (const name of ['keep', 'beside', 'replace']) appendFileSync(join(node.root, 'etc', name), ' edited');
  const ended = await install(node, 'two');
  t.equal(ended.outcome, 'installed');
  t.match(ended.outputTail, /etc\/keep was edited here and is kept as it is/);
  t.match(ended.outputTail, /etc\/beside was edited here: the release's goes to etc\/beside\.uvs-new/);
  t.match(ended.outputTail, /etc\/replace was edited here and is replaced/);
  t.notMatch(ended.outputTail, /unedited/);
  const content = (name: string): string => readFileSync(join(node.root, 'etc', name), 'utf8');
  t.strictSame(
    [content('keep'), content('beside'), content('beside.uvs-new'), content('replace'), content('unedited')],
    ['1 edited', '1 edited', '2', '2', '2'],
  );
  t.notOk(existsSync(join(node.root, 'etc/keep.uvs-new')));
});

void t.test('a removal takes only what a release put there and nobody changed', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [directory('d'), file('d/a', 'a'), file('d/b', 'b')] });
  await install(node, 'one');
  writeFileSync(join(node.root, 'd/b'), 'changed');
  writeFileSync(join(node.root, 'mine'), 'mine');
  await node.build('two', { seq: 2, files: [remove('d'), remove('d/a'), remove('d/b'), remove('mine')] });
  const ended = await install(node, 'two');
  t.equal(ended.outcome, 'installed');
  t.match(ended.outputTail, /d\/b is not removed: it was changed here/);
  t.notOk(existsSync(join(node.root, 'd/a')));
  t.equal(readFileSync(join(node.root, 'd/b'), 'utf8'), 'changed');
  t.equal(readFileSync(join(node.root, 'mine'), 'utf8'), 'mine');
});
