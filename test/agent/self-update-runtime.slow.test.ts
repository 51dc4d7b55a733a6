import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { readStatus } from '../../agent/commands/status.ts';
import { agentLayout } from '../../common/agent-layout.ts';
import { AgentPrograms } from '../support/agent-versions.ts';
import { handoverFiles, LaunchedNode, runningAgent } from '../support/launched-node.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { TestNode } from '../support/update-node.ts';

t.setTimeout(400_000);
const folder = new TestNode();
t.teardown(() => folder[Symbol.dispose]());
const programs = await AgentPrograms.make(folder.directory);
const packaged = { name: 'deb-1', program: programs.good('packaged') };
const ignored = ['var/lib/uvs-agent', 'var/log/tasks'];
const node = readFileSync(fileURLToPath(new URL(`../../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url)));

/** The beginning of a program for a processor that there is none of (elf(5): e_machine, at byte 18). */
function foreign(): Buffer {
  const header = Buffer.from(node.subarray(0, 4096));
  header.writeUInt16LE(0xfe, 18);
  return header;
}

void t.test('a new runtime that does not run is given up, and the old agent brings everything back on the old one', async (t) => {
  const cases: readonly (readonly [what: string, runtime: string | Uint8Array])[] = [
    ['no program', 'this is no program\n'],
    ['of another kind of processor', foreign()],
    ['torn in its middle', node.subarray(0, 1_000_000)],
  ];
  for (const [what, runtime] of cases) {
    using launched = new LaunchedNode(packaged, 5);
    const old = snapshot(launched.root, ignored);
    await launched.buildWithAgent('bad', { name: '0.2.1', program: programs.good('next'), runtime }, { seq: 1 });
    const applied = await launched.apply('bad');
    t.equal(applied.code, 7, `${what}: ${applied.output}`);
    t.strictSame(snapshot(launched.root, ignored), old, `${what}: all is old`);
    t.match(
      await readStatus(launched),
      {
        operations: { length: 0 },
        history: [{ outcome: 'rolled-back', message: /^SERVICE_FAILED: the new agent 0\.2\.1 did not take over: / }],
      },
      what,
    );
    t.strictSame(handoverFiles(launched.root), [], what);
  }
});

void t.test('a release brings a runtime of its own, and the new agent runs on that', async (t) => {
  using launched = new LaunchedNode(packaged);
  const said = `process.stderr.write('runs on ' + process.execPath + '\\n');\n${programs.whole}`;
  await launched.buildWithAgent('one', { name: '0.2.1', program: said, runtime: node }, { seq: 1 });
  const applied = await launched.apply('one');
  t.equal(applied.code, 0, applied.output);
  const own = join(launched.root, agentLayout.runtimes, 'r-0.2.1/node');
  t.ok(applied.output.includes(`runs on ${own}`), applied.output);
  t.equal(runningAgent(launched.root), '0.2.1');
  t.match((await launched.launch(['--version'])).output, '0.2.1');
});
