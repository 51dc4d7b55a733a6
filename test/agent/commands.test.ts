import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { apply } from '../../agent/commands/apply.ts';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import { rollback } from '../../agent/commands/rollback.ts';
import { readStatus, status } from '../../agent/commands/status.ts';
import { Runner } from '../../agent/runner.ts';
import { toUvsError } from '../../common/errors.ts';
import { bundleChild, file, runChild, task, TestNode } from '../support/update-node.ts';

const never = new AbortController().signal;
/** What a terminal obeys: controls, and the marks that reorder text. */
const dangerous = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u;

void t.test('a package can make the console print nothing that a terminal obeys', async (t) => {
  using node = new TestNode();
  const path = 'opt/\u202egpj.sh';
  const told = task('pre', 'tell', `printf 'from \\342\\200\\256the task\\302\\2332J\\n'`);
  await node.build('one', { seq: 1, files: [file(path, 'a')], tasks: [told] });
  t.equal((await apply(node.console(), { file: node.packagePath('one'), noSlotReason: 'a test' }, never)).outcome, 'installed');
  t.ok(node.printed.some((line) => /^pre\| from .the task/u.test(line)));
  await node.build('two', { seq: 2, files: [file(`${path}/below`, 'b')] });
  const ended = await apply(node.console(), { file: node.packagePath('two'), noSlotReason: 'a test' }, never);
  t.match(ended, { outcome: 'failed', message: /\u202egpj\.sh/ });
  await status(node.console(), { json: false });
  await status(node.console(), { json: true });
  t.ok(node.printed.filter((line) => line.includes('gpj.sh')).length >= 3, 'told as it happens, in the history, and as JSON');
  for (const line of node.printed) t.notMatch(line, dangerous);
  t.match(JSON.parse(node.printed.at(-1) ?? ''), { history: [Object, { message: ended.message }] }, 'JSON is what it was');
});

void t.test("the reason to go without a slot is in the node's history, and in what it tells its cluster", async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('a', '1')] });
  await node.build('two', { seq: 2, files: [file('a', '2')] });
  const noSlotReason = 'its coordinators are gone';
  await apply(node.console(), { file: node.packagePath('one'), noSlotReason }, never);
  await status(node.console(), { json: false });
  t.match(node.printed.at(-1), ' installed (without a slot, its coordinators are gone): ');
  t.match((await readStatus(node)).history, [{ hadSlot: false, noSlotReason }]);

  const joined = { ...node.console(), hasJoined: true };
  const ended = await apply(joined, { file: node.packagePath('two'), noSlotReason }, never);
  t.match(ended, { isLocal: true, noSlotReason });
  await using runner = await Runner.open(await consoleSetup(joined), consolePorts(joined), 'test');
  t.match(await runner.openOperations(), [{ ended: { isLocal: true, noSlotReason } }], 'after a start of its daemon as well');
});

void t.test('the end of an interrupted operation that comes first is told as such, once', async (t) => {
  using node = new TestNode();
  const program = await bundleChild(node.directory);
  await node.build('one', { seq: 1, files: [file('a', '1')] });
  await node.build('two', { seq: 2, files: [file('a', '2')] });
  await node.build('three', { seq: 3, files: [file('a', '3')] });
  const joined = { ...node.console(), hasJoined: true };
  await apply(joined, { file: node.packagePath('one'), noSlotReason: 'a test' }, never);
  const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('two') } as const;
  t.equal((await runChild(program, { ...order, dieAt: 'committing-recorded' })).signal, 'SIGKILL');
  node.printed.length = 0;
  const third = await apply(joined, { file: node.packagePath('three'), noSlotReason: 'a test' }, never);
  const earlier = node.printed.filter((line) => line.startsWith('an earlier operation, '));
  t.match(earlier, [/^an earlier operation, op-[a-z0-9-]+: rolled-back: /]);
  t.equal(earlier.length, 1, 'not that of the first, which was told when it came');
  t.ok(node.printed.at(-1)?.startsWith(`${third.operation}: installed: `));
  node.printed.length = 0;
  t.match(await rollback(joined, { noSlotReason: 'a test' }, never), { outcome: 'done' });
  t.notMatch(node.printed.join('\n'), 'an earlier operation');
});

void t.test('of a node with a damaged journal status tells what is installed, and then the damage', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')] });
  await apply(node.console(), { file: node.packagePath('one'), noSlotReason: 'a test' }, never);
  const path = join(node.statePath, 'journal');
  writeFileSync(path, Buffer.concat([Buffer.from('X'), readFileSync(path).subarray(1)]));
  for (const json of [false, true]) {
    node.printed.length = 0;
    const damage = await status(node.console(), { json }).then(() => undefined, toUvsError);
    t.match(damage, { reason: 'JOURNAL_CORRUPT', hint: /\.uvs-staging\/OPERATION\/old/ });
    t.match(node.printed.join('\n'), /2\.14\.1/);
  }
  t.match(JSON.parse(node.printed.join('\n')), { damage: /journal: /, history: [{ outcome: 'installed' }], operations: { length: 0 } });
});
