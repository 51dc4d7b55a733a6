import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import type { Ended, SlotKeeper } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { encodeRoot } from '../../common/upd/root.ts';
import { errorOf } from '../support/failure.ts';
import { atPoint, runOperation } from '../support/run-operation.ts';
import { sampleToken } from '../support/sample-node.ts';
import { yes } from '../support/scripted-slots.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, task, TestNode } from '../support/update-node.ts';
import { generateSigningKey } from '../../common/upd/keys.ts';

t.setTimeout(240_000);

/** Stages a package, stops the agent while it waits for its slot, and goes on with another one. */
async function stageAndGoOn(node: TestNode, meanwhile: () => void): Promise<Ended> {
  const run = async (slots: SlotKeeper, signal: AbortSignal): Promise<Ended> => {
    await using source = await openFileSource(node.packagePath('one'));
    const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
    await using runner = await Runner.open(await consoleSetup(node.console()), consolePorts(node.console()), 'test');
    return await runner.runOperation({ operation: 'op-1', packageDigest: '', origin, slots }, signal);
  };
  const answers = { begin: () => Promise.resolve(yes), confirm: () => Promise.resolve(yes) };
  const judge = () => Promise.resolve({ verdict: 'healthy', reason: '' } as const);
  const stop = new AbortController();
  const first = run(
    {
      ...answers,
      judge,
      awaitGrant: (_operation, signal) => {
        stop.abort(new Error('the agent is stopped'));
        return Promise.reject(signal.reason);
      },
    },
    stop.signal,
  );
  await t.rejects(first, /the agent is stopped/);
  meanwhile();
  return await run({ ...answers, judge, awaitGrant: () => Promise.resolve(sampleToken) }, new AbortController().signal);
}

void t.test('a package whose key is withdrawn while it waits for its slot is not installed', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('etc/motd', 'one')], tasks: [task('pre', 'look', 'touch "$UVS_ROOT/ran"')] });
  const before = snapshot(node.root);
  const next = generateSigningKey();
  const ended = await stageAndGoOn(node, () =>
    writeFileSync(
      node.rootFile,
      encodeRoot({
        format: 1,
        version: 2,
        root: { keys: [node.key], threshold: 1 },
        vendor: { keys: [next], threshold: 1, products: ['uvs'] },
      }),
    ),
  );
  t.match(ended, { outcome: 'failed', message: /^KEY_UNKNOWN: / });
  t.strictSame(snapshot(node.root), before);
});

void t.test('the same package with its key still trusted is installed', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('etc/motd', 'one')] });
  t.match(await stageAndGoOn(node, () => undefined), { outcome: 'installed' });
});

for (const stage of ['pre', 'post', 'cleanup'] as const) {
  void t.test(`a ${stage} task that is altered after it was verified is not run`, async (t) => {
    using node = new TestNode();
    await node.build('one', { seq: 1, files: [file('etc/motd', 'one')], tasks: [task(stage, 'look', 'touch "$UVS_ROOT/ran"')] });
    const before = snapshot(node.root);
    const program = join(node.root, '.uvs-staging/op-1/tasks/0');
    const alter = () => writeFileSync(program, '#!/bin/sh\ntouch "$UVS_ROOT/foreign"\n');
    const ended = await runOperation(node, 'one', atPoint(`${stage}-task-recorded`, alter));
    t.match(ended, {
      outcome: 'rolled-back',
      message: /^PACKAGE_CORRUPT: the program of task look is not what the manifest says any more/,
    });
    t.strictSame(snapshot(node.root), before, 'nothing ran, and all is as before');
  });
}

void t.test('a program that lies among the tasks and is in no manifest is not run', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('etc/motd', 'one')], tasks: [task('pre', 'look', 'touch "$UVS_ROOT/ran"')] });
  const plant = () => {
    for (const name of ['1', 'evil'])
      writeFileSync(join(node.root, `.uvs-staging/op-1/tasks/${name}`), '#!/bin/sh\ntouch "$UVS_ROOT/foreign"\n', { mode: 0o755 });
  };
  t.match(await runOperation(node, 'one', atPoint('everything-staged', plant)), { outcome: 'installed' });
  const after = snapshot(node.root);
  t.ok(after.some((line) => line.startsWith('ran ')));
  t.notOk(after.some((line) => line.startsWith('foreign')));
});

void t.test('a manifest that is altered on the disk after it was accepted is not followed', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('etc/motd', 'one')] });
  const before = snapshot(node.root);
  const head = join(node.statePath, 'operations/op-1/head.json');
  const { reason } = await errorOf(stageAndGoOn(node, () => writeFileSync(head, '{}')));
  t.equal(reason, 'JOURNAL_CORRUPT');
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent', '.uvs-staging']), before);
});
