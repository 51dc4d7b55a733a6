import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readStatus } from '../../agent/commands/status.ts';
import { install } from '../support/install.ts';
import { memoryNode } from '../support/memory-node.ts';
import { rollBack } from '../support/roll-back.ts';
import { atPoint } from '../support/run-operation.ts';
import { file, remove, type TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(100_000 * patience);

/** Where somebody else may come in between: after the paths were looked at, and right before the first of them is written. */
const moments = ['plan-written', 'committing-recorded'] as const;

const recent = { a: 'two', beside: 'ed', 'beside.uvs-new': 'mine', new: 'new' };

/** A node with "one", then "two"; of a config file that was edited what was there before goes beside, where somebody's file is. */
async function withTwo(): Promise<TestNode> {
  const node = memoryNode();
  const beside = (content: string) => file('opt/beside', content, { config: 'new-beside' });
  await node.build('one', { seq: 1, files: [file('opt/a', 'one'), file('opt/gone', 'gone'), beside('1')] });
  await node.build('two', { seq: 2, files: [file('opt/a', 'two'), file('opt/new', 'new'), beside('2'), remove('opt/gone')] });
  await install(node, 'one');
  await install(node, 'two');
  writeFileSync(join(node.root, 'opt/beside'), 'ed');
  writeFileSync(join(node.root, 'opt/beside.uvs-new'), 'mine');
  return node;
}

function contentsOf(node: TestNode): Readonly<Record<string, string>> {
  const directory = join(node.root, 'opt');
  return Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

/** Of the same size, so that its content alone tells. */
const edits: Readonly<Record<string, (path: string) => void>> = {
  'in place': (path) => writeFileSync(path, readFileSync(path, 'utf8').toUpperCase()),
  'by a new file': (path) => {
    writeFileSync(`${path}.tmp`, readFileSync(path, 'utf8').toUpperCase());
    renameSync(`${path}.tmp`, path);
  },
};

void t.test('an edit between the look and the rename is never lost when a release is taken back', async (t) => {
  for (const moment of moments) {
    for (const [how, edit] of Object.entries(edits)) {
      for (const name of ['a', 'new', 'beside.uvs-new'] as const) {
        using node = await withTwo();
        const path = join(node.root, 'opt', name);
        const ended = await rollBack(
          node,
          atPoint(moment, () => edit(path)),
        );
        const what = `${name}, ${how}, after ${moment}`;
        t.match(ended, { outcome: 'rolled-back', message: new RegExp(`^CONFLICT: opt/${name} was (?:edited|replaced) here`) }, what);
        t.strictSame(contentsOf(node), { ...recent, [name]: recent[name].toUpperCase() }, what);
        t.match((await readStatus(node)).installed.components, [{ releaseSeq: 2 }]);
        t.notOk(existsSync(join(node.root, '.uvs-staging')));
      }
    }
  }
});

void t.test('what was looked at to the nanosecond is found to be the same', async (t) => {
  using node = await withTwo();
  const path = join(node.root, 'opt/a');
  utimesSync(path, 1_764_291_661.123_456, 1_764_291_661.987_654);
  t.not(Number(lstatSync(path, { bigint: true }).mtimeNs % 1_000_000n), 0);
  t.equal((await rollBack(node, {})).outcome, 'done');
  t.strictSame(contentsOf(node), { a: 'one', beside: 'ed', 'beside.uvs-new': '1', gone: 'gone' });
});
