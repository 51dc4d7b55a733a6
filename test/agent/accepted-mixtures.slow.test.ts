import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { rollback } from '../../agent/commands/rollback.ts';
import { readStatus, status } from '../../agent/commands/status.ts';
import type { EntrySpec } from '../../common/upd/writer.ts';
import { errorOf } from '../support/failure.ts';
import { install } from '../support/install.ts';
import { accept, leave, leftAt } from '../support/left-node.ts';
import { memoryNode } from '../support/memory-node.ts';
import { bundleChild, directory, file, remove, TestNode } from '../support/update-node.ts';

t.setTimeout(400_000);

const never = new AbortController().signal;
const programs = new TestNode();
const program = await bundleChild(programs.directory);
t.teardown(() => programs[Symbol.dispose]());

void t.test('a mixture that an operator accepts as one is told until the release has come, and no node goes back to it', async (t) => {
  const { node, operation } = await leftAt(program, 'half-of-files-renamed');
  using _ = node;
  const [ended] = await accept(node, operation, true);
  t.match(ended, {
    outcome: 'failed',
    message: /accepted the node as it is \(seen\): the files are a mixture of 2\.14\.1 and 2\.14\.2: \d as 2/,
  });
  const sentence = new RegExp(`^since ${operation}, which an operator accepted, the files are a mixture of 2\\.14\\.1 and 2\\.14\\.2: `);
  t.match(await readStatus(node), { installed: { components: [{ version: '2.14.1' }] }, mixture: sentence, operations: { length: 0 } });
  node.printed.length = 0;
  await status(node.console(), { json: false });
  t.match(node.printed.join('\n'), /^uvs 2\.14\.1 \(release 1\)\nMixed: since op-/);
  t.notOk(existsSync(join(node.root, '.uvs-staging')), 'as it was said');
  t.match(await install(node, 'two'), { outcome: 'installed' });
  t.equal((await readStatus(node)).mixture, '');
  const why = 'what was before 2.14.2 was a mixture that an operator had accepted';
  t.match((await readStatus(node)).waysBack, { releases: { length: 0 }, why });
  await t.rejects(rollback(node.console(), { noSlotReason: 'a test' }, never), { reason: 'NO_WAY_BACK', message: new RegExp(why) });
  await node.build('three', { seq: 3, files: [file('opt/a', 'three')] });
  t.match(await install(node, 'three'), { outcome: 'installed' });
  t.match((await readStatus(node)).waysBack.releases, [{ toVersion: '2.14.2', refusal: '' }], 'but to what came after it');
});

void t.test(
  'from a release of which some files are others there is no way back, and both who asks and who tries are told so',
  async (t) => {
    using node = memoryNode();
    for (const seq of [1, 2, 3])
      await node.build(`v${seq}`, { seq, files: [directory('opt'), file('opt/a', `${seq}`), file('opt/b', `${seq}`)] });
    await install(node, 'v1');
    const second = await install(node, 'v2');
    t.equal(second.outcome, 'installed');
    t.match((await readStatus(node)).waysBack.releases, [{ version: '2.14.2', refusal: '' }]);
    const { operation } = await leave(program, node, 'apply', 'half-of-files-renamed', 'v3');
    await accept(node, operation, true);
    const refusal = 'its files are a mixture that an operator accepted';
    t.match((await readStatus(node)).waysBack.releases, [{ version: '2.14.2', refusal }]);
    t.match(await errorOf(rollback(node.console(), { noSlotReason: 'a test' }, never)), {
      reason: 'NO_WAY_BACK',
      message: `2.14.2 can't be taken back: ${refusal}`,
    });
  },
);

void t.test('a mixture is over with the next full release, and not with a partial one', async (t) => {
  const { node, operation } = await leftAt(program, 'half-of-files-renamed');
  using _ = node;
  await accept(node, operation, true);
  const base = (await readStatus(node)).installed.components[0]?.manifestHash ?? '';
  await node.build('part', { seq: 3, kind: 'partial', base, files: [file('opt/other', 'three')] });
  t.match(await install(node, 'part'), { outcome: 'installed' });
  t.match((await readStatus(node)).mixture, /^since /);
  await node.build('four', { seq: 4, files: [file('opt/a', 'four')] });
  t.match(await install(node, 'four'), { outcome: 'installed' });
  t.equal((await readStatus(node)).mixture, '');
});

void t.test('what can’t be compared is refused, and with an operator’s word ends as a mixture that may be any', async (t) => {
  const { node, operation } = await leftAt(program, 'committed');
  using _ = node;
  rmSync(join(node.statePath, 'operations', operation, 'plan.json'));
  t.match(await errorOf(accept(node, operation)), {
    reason: 'CONFLICT',
    message: /^which release's files are there can't be told: /,
    hint: /--mixed/,
  });
  t.match(await accept(node, operation, true), [{ message: /: which release's files are there is not known: / }]);
  t.match((await readStatus(node)).mixture, /which release's files are there is not known/);
  t.match(await install(node, 'two'), { outcome: 'installed' });
  t.equal((await readStatus(node)).mixture, '');
});

void t.test('a damaged record of mixtures is told, and keeps nobody from anything', async (t) => {
  const { node, operation } = await leftAt(program, 'half-of-files-renamed');
  using _ = node;
  await accept(node, operation, true);
  writeFileSync(join(node.statePath, 'mixtures.json'), '[{');
  t.match((await readStatus(node)).mixture, /^mixtures\.json, .* is damaged$/);
  t.match(await install(node, 'two'), { outcome: 'installed' });
});

void t.test('a mixture with a partial release is over once that very release has come', async (t) => {
  using node = memoryNode();
  const { manifestHash } = await node.build('one', { seq: 1, files: [directory('opt'), file('opt/a', 'one'), file('opt/b', 'one')] });
  await node.build('part', { seq: 2, kind: 'partial', base: manifestHash, files: [file('opt/a', 'of the part'), file('opt/c', 'c')] });
  await install(node, 'one');
  const { operation } = await leave(program, node, 'apply', 'first-file-renamed', 'part');
  await accept(node, operation, true);
  t.match((await readStatus(node)).mixture, /^since /);
  t.match(await install(node, 'part'), { outcome: 'installed' });
  t.equal((await readStatus(node)).mixture, '');
});

void t.test('what an accepted mixture has left is removed by the release that puts it right, whichever way it was to go', async (t) => {
  const releases = async (node: TestNode, files: Readonly<Record<'one' | 'two' | 'three', readonly EntrySpec[]>>) => {
    for (const [index, name] of (['one', 'two', 'three'] as const).entries())
      await node.build(name, { seq: index + 1, files: files[name] });
    await install(node, 'one');
  };
  using forth = memoryNode();
  await releases(forth, {
    one: [directory('opt'), file('opt/a', 'one'), file('opt/b', 'one')],
    two: [file('opt/a', 'two'), file('opt/b', 'two'), file('opt/new', 'two'), file('etc/new.conf', 'two', { config: 'keep' })],
    three: [file('opt/a', 'three'), remove('opt/b'), remove('opt/new'), file('etc/new.conf', 'three', { config: 'keep' })],
  });
  const { operation } = await leave(program, forth, 'apply', 'files-renamed');
  writeFileSync(join(forth.root, 'opt/a'), 'by hand');
  await accept(forth, operation, true);
  t.not((await readStatus(forth)).mixture, '');
  t.match(await install(forth, 'three'), { outcome: 'installed' });
  for (const path of ['opt/b', 'opt/new']) t.notOk(existsSync(join(forth.root, path)), path);
  t.equal(readFileSync(join(forth.root, 'etc/new.conf'), 'utf8'), 'three', 'nobody had edited it');
  t.equal((await readStatus(forth)).mixture, '');

  using back = memoryNode();
  await releases(back, {
    one: [directory('opt'), file('opt/a', 'one'), file('opt/old', 'one')],
    two: [file('opt/a', 'two'), remove('opt/old')],
    three: [file('opt/a', 'three'), remove('opt/old')],
  });
  await install(back, 'two');
  const left = await leave(program, back, 'rollback', 'files-renamed');
  writeFileSync(join(back.root, 'opt/a'), 'by hand');
  await accept(back, left.operation, true);
  t.ok(existsSync(join(back.root, 'opt/old')));
  t.match(await install(back, 'three'), { outcome: 'installed' });
  t.notOk(existsSync(join(back.root, 'opt/old')));
  t.equal((await readStatus(back)).mixture, '');
});
