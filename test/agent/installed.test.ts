import { readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { recover } from '../../agent/commands/recover.ts';
import { readStatus } from '../../agent/commands/status.ts';
import { install } from '../support/install.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { bundleChild, file, runChild, task, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);

void t.test('a node that has lost what it remembers of its releases takes none, rather than any older one', async (t) => {
  using node = new TestNode();
  await node.build('five', { seq: 5, files: [file('a', 'five')] });
  await node.build('older', { seq: 4, files: [file('a', 'older')] });
  await install(node, 'five');
  const path = join(node.statePath, 'installed.json');
  const backup = readFileSync(path);
  const before = snapshot(node.root, ['var/lib/uvs-agent']);
  const lost = { reason: 'JOURNAL_CORRUPT', message: /installed\.json is missing, and releases have been installed here/ };

  unlinkSync(path);
  t.match(await install(node, 'older'), { outcome: 'failed', message: /^JOURNAL_CORRUPT: .*installed\.json is missing/ });
  await t.rejects(readStatus(node), { ...lost, hint: /Restore it from a backup/ });
  rmSync(join(node.statePath, 'releases'), { recursive: true });
  t.match(await install(node, 'older'), { outcome: 'failed', message: /^JOURNAL_CORRUPT: / }, 'its history tells too');
  await t.rejects(readStatus(node), lost);
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before);

  writeFileSync(path, backup);
  t.match(await install(node, 'older'), { outcome: 'failed', message: /^RELEASE_NOT_NEWER: / });
});

void t.test('a node on which nothing was ever installed has nothing to lose', async (t) => {
  using node = new TestNode();
  t.strictSame((await readStatus(node)).installed.components, []);
  await node.build('bad', { seq: 1, files: [file('a', 'a')], tasks: [task('pre', 'check', 'exit 1')] });
  await node.build('good', { seq: 1, files: [file('a', 'a')] });
  t.equal((await install(node, 'bad')).outcome, 'rolled-back');
  rmSync(join(node.statePath, 'installed.json'), { force: true });
  t.equal((await install(node, 'good')).outcome, 'installed');
});

void t.test('the first release is remembered wherever the agent dies at its end', async (t) => {
  for (const point of ['release-remembered', 'done-recorded', 'installed-written'] as const) {
    using node = new TestNode();
    const program = await bundleChild(node.directory);
    await node.build('one', { seq: 1, files: [file('a', 'a')] });
    const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('one'), dieAt: point } as const;
    t.equal((await runChild(program, order)).signal, 'SIGKILL', point);
    t.match(await recover(node.console()), [{ outcome: 'installed' }], point);
    t.equal((await readStatus(node)).installed.components[0]?.releaseSeq, 1, point);
  }
});
