import t from 'tap';
import { installedAlready } from '../../agent/commands/already-installed.ts';
import { apply } from '../../agent/commands/apply.ts';
import { readStatus } from '../../agent/commands/status.ts';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import { Runner } from '../../agent/runner.ts';
import { install } from '../support/install.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { refusal } from '../support/upd.ts';
import { file, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);
const never = new AbortController().signal;

void t.test('a release that the node has is told, before anything is opened for it', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')] });
  await node.build('two', { seq: 2, files: [file('opt/a', 'b')] });
  const asked = (name: string): Promise<string | undefined> => installedAlready(node.console(), node.packagePath(name), never);
  t.equal(await asked('one'), undefined, 'a node that has nothing yet');
  await install(node, 'one');
  const before = snapshot(node.root);
  t.equal(await asked('one'), '2.14.1');
  t.equal(await asked('two'), undefined);
  t.equal(await asked('nowhere'), undefined);
  await node.build('one', { seq: 1, files: [file('opt/a', 'other')] });
  t.equal(await asked('one'), undefined, 'another content under the same number is none that it has');
  t.strictSame(snapshot(node.root), before);
});

void t.test('a second agent on the same state directory is refused and told whose turn it is', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('a', 'a')] });
  {
    await using runner = await Runner.open(await consoleSetup(node.console()), consolePorts(node.console()), 'the first');
    t.strictSame(await runner.openOperations(), []);
    await t.rejects(install(node, 'one'), { reason: 'BUSY', message: new RegExp(`pid ${process.pid} \\(the first\\)`) });
  }
  t.equal((await install(node, 'one')).outcome, 'installed');
});

void t.test('without a slot the operator has to say so', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1 });
  const reason = await refusal(() => apply(node.console(), { file: node.packagePath('one') }, never));
  t.equal(reason, 'NOT_ALLOWED_NOW');
  await install(node, 'one');
  t.match((await readStatus(node)).history, [{ hadSlot: false, outcome: 'installed' }]);
});
