import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import t from 'tap';
import { readStatus } from '../../agent/commands/status.ts';
import { handoverFiles, LaunchedNode, runningAgent } from '../support/launched-node.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { task } from '../support/update-node.ts';
import { previousCommit, previousPrograms } from './previous-programs.ts';

t.setTimeout(400_000);

/** A program that is one of a built folder, from where it finds its own parts. */
const programOf = (built: string): string =>
  `await import(${JSON.stringify(pathToFileURL(join(built, 'lib/uvs-agent.js')).href)}); // ${built}\n`;
const agents = { 'N−1': programOf(previousPrograms()), N: programOf(fileURLToPath(new URL('../../dist/uvs', import.meta.url))) };
const ignored = ['var/lib/uvs-agent', 'var/log/tasks'];

for (const [from, to] of [
  ['N−1', 'N'],
  ['N', 'N−1'],
] as const) {
  void t.test(`an agent ${from} hands its journal over to an agent ${to}, and gets it back where that one fails`, async (t) => {
    using node = new LaunchedNode({ name: 'deb-1', program: agents[from] });
    const old = snapshot(node.root, ignored);
    const next = { name: '0.2.1', program: agents[to] };
    await node.buildWithAgent('bad', next, { seq: 1, tasks: [task('post', 'fail', 'exit 3')] });
    const failed = await node.apply('bad');
    t.equal(failed.code, 7, failed.output);
    t.match(failed.output, /Agent 0\.2\.1 takes over from deb-1[^]*Agent deb-1 goes back/);
    t.strictSame(snapshot(node.root, ignored), old, 'all is old');
    t.match(await readStatus(node), {
      operations: { length: 0 },
      history: [{ outcome: 'rolled-back', message: /^TASK_FAILED: post task fail exited 3/ }],
    });

    await node.buildWithAgent('good', next, { seq: 2, tasks: [task('post', 'tell', 'echo "$UVS_VERSION" >> "$UVS_ROOT/var/log/tasks"')] });
    const applied = await node.apply('good');
    t.equal(applied.code, 0, applied.output);
    t.match(applied.output, /Agent 0\.2\.1 takes over from deb-1[^]*installed/);
    t.equal(runningAgent(node.root), '0.2.1');
    const { operations, installed } = await readStatus(node);
    t.strictSame([operations, installed.components[0]?.releaseSeq, handoverFiles(node.root)], [[], 2, []]);
    t.comment(`handed over from ${from} to ${to}, N−1 is ${previousCommit.slice(0, 12)}`);
  });
}
