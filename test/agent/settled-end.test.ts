import { readdirSync } from 'node:fs';
import t from 'tap';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import { Runner, type OpenOperation } from '../../agent/runner.ts';
import type { Ended } from '../../agent/ports.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { file, TestNode } from '../support/update-node.ts';

const operation = 'op-1';

/** Brings in a release in a runner of its own, and does something when the agent passes a point. */
async function inRunner(
  node: TestNode,
  atPoint: (point: string, runner: Runner) => void,
  use: (runner: Runner, ended: Promise<Ended>) => Promise<void>,
): Promise<void> {
  const failpoints = { pass: (point: string) => atPoint(point, runner) };
  await using source = await openFileSource(node.packagePath('one'));
  await using runner = await Runner.open(await consoleSetup(node.console()), { ...consolePorts(node.console()), failpoints }, 'test');
  const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
  const ended = runner.runOperation({ operation, packageDigest: '', origin, slots: undefined }, new AbortController().signal);
  await use(runner, ended);
}

const isStagingGone = (node: TestNode): boolean => !readdirSync(node.root).includes('.uvs-staging');

void t.test('an end is told, and forgotten by the journal, only once what follows from it is done', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')] });
  const told: Promise<readonly OpenOperation[]>[] = [];
  const heard: Promise<unknown>[] = [];
  await inRunner(
    node,
    (point, runner) => {
      if (point !== 'done-recorded') return;
      told.push(runner.openOperations());
      heard.push(runner.acknowledge(operation).catch((error: unknown) => error));
    },
    async (runner, ended) => {
      t.equal((await ended).outcome, 'installed');
      t.match(await Promise.all(told), [[{ operation, phase: 'done', ended: undefined }]]);
      t.match(await Promise.all(heard), [{ reason: 'BUSY' }]);
      t.match(await runner.openOperations(), [{ operation, phase: 'done', ended: { outcome: 'installed' } }]);
      await runner.acknowledge(operation);
      t.strictSame(await runner.openOperations(), []);
      t.match(await runner.installed(), { components: [{ version: '2.14.1' }] });
    },
  );
  t.ok(isStagingGone(node));
});

void t.test('what follows from an end and failed is done before the end is forgotten', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')] });
  let failures = 2;
  await inRunner(
    node,
    (point) => {
      if (point !== 'installed-written' || failures === 0) return;
      failures -= 1;
      throw new Error('the disk is full');
    },
    async (runner, ended) => {
      await t.rejects(ended, { message: 'the disk is full' });
      t.notOk(isStagingGone(node));
      await t.rejects(runner.acknowledge(operation), { message: 'the disk is full' });
      t.match(await runner.openOperations(), [{ operation, ended: { outcome: 'installed' } }], 'it is told again');
      await runner.acknowledge(operation);
      t.strictSame(await runner.openOperations(), []);
      t.match(await runner.installed(), { components: [{ version: '2.14.1' }] });
    },
  );
  t.ok(isStagingGone(node));
});
