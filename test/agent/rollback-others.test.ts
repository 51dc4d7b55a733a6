import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { rollback } from '../../agent/commands/rollback.ts';
import type { Ended } from '../../agent/ports.ts';
import type { EntrySpec } from '../../common/upd/writer.ts';
import { install } from '../support/install.ts';
import { memoryNode } from '../support/memory-node.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { directory, file, remove, symlink, type TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(200_000 * patience);

const look = (node: TestNode): readonly string[] => snapshot(node.root, ['var/lib/uvs-agent', '.uvs-retained']);

function back(node: TestNode, release: string): Promise<Ended> {
  return rollback(node.console(), { noSlotReason: 'a test', release }, new AbortController().signal);
}

/** A node with two releases, the later of which is "2.14.2", and a release of another component since: "local-1". */
async function withLocal(one: readonly EntrySpec[], two: readonly EntrySpec[], local: readonly EntrySpec[]): Promise<TestNode> {
  const node = memoryNode();
  await node.build('one', { seq: 1, files: [...one, file('opt/one', '1')] });
  await node.build('two', { seq: 2, files: [...two, file('opt/one', '2')] });
  const components = { local: { epoch: 0, releaseSeq: 1 } };
  await node.build('local', { seq: 1, version: 'local-1', components, files: [...local, file('srv/local', 'x')] });
  for (const name of ['one', 'two', 'local']) t.equal((await install(node, name)).outcome, 'installed');
  return node;
}

/** What a release that is taken back, and one of another component since, have both to do with: by the path that is named. */
const shared: Readonly<Record<string, readonly [one: readonly EntrySpec[], two: readonly EntrySpec[], local: readonly EntrySpec[]]>> = {
  'opt/new': [[], [file('opt/new', 'the same')], [file('opt/new', 'the same')]],
  'opt/replaced': [[file('opt/replaced', '1')], [file('opt/replaced', 'same')], [file('opt/replaced', 'same')]],
  'opt/mode': [[], [file('opt/mode', 'same')], [file('opt/mode', 'same', { mode: 0o600 })]],
  'opt/link': [[], [symlink('opt/link', 'one')], [symlink('opt/link', 'one')]],
  'opt/config': [[], [file('opt/config', 'same', { config: 'keep' })], [file('opt/config', 'same', { config: 'keep' })]],
  'opt/as-before': [[file('opt/as-before', '1')], [file('opt/as-before', '2')], [file('opt/as-before', '1')]],
  'opt/removed-since': [
    [file('opt/removed-since', '1', { config: 'keep' })],
    [file('opt/removed-since', '2', { config: 'keep' })],
    [remove('opt/removed-since')],
  ],
  'opt/removed': [[file('opt/removed', '1')], [remove('opt/removed')], [remove('opt/removed')]],
  'opt/brought-again': [[file('opt/brought-again', '1')], [remove('opt/brought-again')], [file('opt/brought-again', '1')]],
  'opt/set': [[directory('opt/set', 0o755)], [directory('opt/set', 0o750)], [directory('opt/set', 0o700)]],
  'opt/remade': [[directory('opt/remade')], [remove('opt/remade')], [directory('opt/remade')]],
};

void t.test('what a release of another component has brought or removed since is named, and neither removed nor set back', async (t) => {
  for (const [path, files] of Object.entries(shared)) {
    using node = await withLocal(...files);
    const before = look(node);
    t.match(
      await back(node, '2.14.2'),
      { outcome: 'failed', message: `CONFLICT: local-1, installed here since 2.14.2, has its own of what 2.14.2 changed: ${path}` },
      path,
    );
    t.strictSame(look(node), before, path);
  }
  t.comment(`kinds of paths of two releases: ${Object.keys(shared).length}, each refused by name`);
});

void t.test('once the later release is taken back the earlier one can be, and is to the byte', async (t) => {
  using node = memoryNode();
  const local = (seq: number) => ({ seq, version: `local-${seq}`, components: { local: { epoch: 0, releaseSeq: seq } }, brings: {} });
  await node.build('one', { seq: 1, files: [file('opt/a', '1')] });
  await node.build('two', { seq: 2, files: [file('opt/a', '2'), file('opt/b', 'same')] });
  await node.build('local-one', { ...local(1), files: [file('srv/x', '1')] });
  await node.build('local-two', { ...local(2), files: [file('srv/x', '2'), file('opt/b', 'same')] });
  for (const name of ['one', 'local-one']) await install(node, name);
  const before = look(node);
  for (const name of ['two', 'local-two']) await install(node, name);
  t.match(await back(node, '2.14.2'), { outcome: 'failed', message: /^CONFLICT: local-2, .*: opt\/b$/ });
  for (const release of ['local-2', '2.14.2']) t.match(await back(node, release), { outcome: 'done' });
  t.strictSame(look(node), before);
});

void t.test('a release of another component that was there before gets back what was its', async (t) => {
  using node = memoryNode();
  await node.build('local', {
    seq: 1,
    version: 'local-1',
    components: { local: { epoch: 0, releaseSeq: 1 } },
    files: [file('opt/a', 'local')],
  });
  await node.build('one', { seq: 1, files: [file('opt/one', '1')] });
  await node.build('two', { seq: 2, files: [file('opt/a', '2')] });
  for (const name of ['local', 'one', 'two']) await install(node, name);
  t.match(await back(node, '2.14.2'), { outcome: 'done' });
  t.equal(readFileSync(join(node.root, 'opt/a'), 'utf8'), 'local');
});

void t.test('directories that a later release has too are left to it', async (t) => {
  using node = await withLocal(
    [directory('opt/set', 0o755)],
    [directory('opt/set', 0o750), directory('opt/made'), file('opt/made/two', '2')],
    [directory('opt/set', 0o750), directory('opt/made', 0o711)],
  );
  const ended = await back(node, '2.14.2');
  t.equal(ended.outcome, 'done', ended.message);
  t.match(ended.outputTail, /opt\/made is left as it is: local-1 has it too/);
  t.notOk(existsSync(join(node.root, 'opt/made/two')));
  t.equal(statSync(join(node.root, 'opt/made')).mode & 0o777, 0o711);
  t.equal(statSync(join(node.root, 'opt/set')).mode & 0o777, 0o750);
});
