import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readStatus } from '../../agent/commands/status.ts';
import { install } from '../support/install.ts';
import { memoryNode } from '../support/memory-node.ts';
import { rollBack } from '../support/roll-back.ts';
import { atPoint, runOperation } from '../support/run-operation.ts';
import { file, remove, type TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(200_000 * patience);

/** After the last look at the paths: before the originals get their second names, and right before the first of them is replaced. */
const unseen = ['plan-written', 'committing-recorded'] as const;

/** What is there once "one" is, its "beside" has been edited, and somebody has a file of their own where the new one goes. */
const before = { keep: 'one', add: 'one', beside: 'ed', 'beside.uvs-new': 'mine', gone: 'gone', replace: 'one', 'conf-replace': 'one' };

async function withOne(): Promise<TestNode> {
  const node = memoryNode();
  const files = (content: string) => [
    file('etc/add', content, { config: 'new-beside' }),
    file('etc/beside', content, { config: 'new-beside' }),
    file('etc/conf-replace', content),
    file('etc/keep', content, { config: 'keep' }),
    file('etc/replace', content),
  ];
  await node.build('one', { seq: 1, files: [...files('one'), file('etc/gone', 'gone')] });
  await node.build('two', { seq: 2, files: [...files('two'), remove('etc/gone')] });
  await install(node, 'one');
  writeFileSync(join(node.root, 'etc/beside'), 'ed');
  writeFileSync(join(node.root, 'etc/beside.uvs-new'), 'mine');
  return node;
}

function contentsOf(node: TestNode): Readonly<Record<string, string>> {
  const directory = join(node.root, 'etc');
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

void t.test(
  'a file that would be kept for an edit, or not be removed, and is edited after the last look is named, and the node goes back with that edit',
  async (t) => {
    using node = await withOne();
    let run = 0;
    for (const moment of unseen) {
      for (const [how, edit] of Object.entries(edits)) {
        for (const name of ['keep', 'add', 'beside.uvs-new', 'gone'] as const) {
          const path = join(node.root, 'etc', name);
          if (moment === 'plan-written' && how !== 'in place') continue;
          const what = `${name}, ${how}, after ${moment}`;
          const ended = await runOperation(
            node,
            'two',
            atPoint(moment, () => edit(path)),
            `op-${(run += 1)}`,
          );
          t.match(ended, { outcome: 'rolled-back', message: new RegExp(`^CONFLICT: etc/${name} was (?:edited|replaced) here`) }, what);
          t.strictSame(contentsOf(node), { ...before, [name]: before[name].toUpperCase() }, what);
          t.match((await readStatus(node)).installed.components, [{ releaseSeq: 1 }]);
          t.notOk(existsSync(join(node.root, '.uvs-staging')));
          writeFileSync(path, before[name]);
        }
      }
    }
    t.match(await runOperation(node, 'two', {}, 'op-last'), { outcome: 'installed' }, 'left alone, it comes');
  },
);

void t.test('an edit between staging and the last look goes by the policy of its file', async (t) => {
  for (const [how, edit] of Object.entries(edits)) {
    using node = await withOne();
    const act = (): void => {
      for (const name of ['keep', 'add', 'gone', 'replace']) edit(join(node.root, 'etc', name));
    };
    const ended = await runOperation(node, 'two', atPoint('staged-proven', act));
    t.match(ended, { outcome: 'installed' }, how);
    const two = { replace: 'two', 'conf-replace': 'two' };
    const edited = { keep: 'ONE', add: 'ONE', 'add.uvs-new': 'two', gone: 'GONE' };
    t.strictSame(contentsOf(node), { ...before, ...two, ...edited, 'beside.uvs-new': 'two' }, how);
    t.match(ended.outputTail, /etc\/replace was edited here and is replaced/);
  }
});

void t.test('an edit of a file that is replaced anyway is what going back brings, whenever it was made', async (t) => {
  for (const moment of ['staged-proven', 'committing-recorded'] as const) {
    using node = await withOne();
    const path = join(node.root, 'etc/replace');
    const edit = (): void => writeFileSync(path, 'edited in place');
    t.match(await runOperation(node, 'two', atPoint(moment, edit)), { outcome: 'installed' }, moment);
    t.equal(readFileSync(path, 'utf8'), 'two', moment);
    t.equal((await rollBack(node, {})).outcome, 'done', moment);
    t.equal(readFileSync(path, 'utf8'), 'edited in place', moment);
  }
});

void t.test('a file that is replaced anyway and in whose place another one is put after the last look is not written over', async (t) => {
  using node = await withOne();
  const path = join(node.root, 'etc/replace');
  const replace = (): void => {
    writeFileSync(`${path}.tmp`, 'another');
    renameSync(`${path}.tmp`, path);
  };
  t.match(await runOperation(node, 'two', atPoint('committing-recorded', replace)), {
    outcome: 'rolled-back',
    message: /^CONFLICT: etc\/replace was replaced here while the release was brought in/,
  });
  t.strictSame(contentsOf(node), { ...before, replace: 'another' });
});
