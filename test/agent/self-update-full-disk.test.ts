import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readStatus } from '../../agent/commands/status.ts';
import { AgentPrograms } from '../support/agent-versions.ts';
import { LaunchedNode } from '../support/launched-node.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { TestNode } from '../support/update-node.ts';

t.setTimeout(120_000);
const folder = new TestNode();
t.teardown(() => folder[Symbol.dispose]());
const programs = await AgentPrograms.make(folder.directory);
const skip = process.getuid?.() === 0 ? false : 'needs root to mount a disk';
/** Of systemd.service(5), RestartPreventExitStatus= in uvs-agent.service: a mistake in what was typed. */
const FINAL_STATUS = 2;

/** A node whose old agent has just handed over to one that ends at its start, with its state directory on a disk of its own. */
async function inTrial(): Promise<{ readonly node: LaunchedNode; readonly disk: SmallDisk; readonly old: readonly string[] } & Disposable> {
  using stack = new DisposableStack();
  const node = stack.use(new LaunchedNode({ name: 'deb-1', program: programs.good('packaged') }, 3));
  mkdirSync(node.statePath, { recursive: true });
  const disk = SmallDisk.mount(node.statePath, 8);
  if (disk === undefined) throw new Error('this machine mounts no tmpfs');
  stack.use(disk);
  const old = snapshot(node.root, ['var/lib/uvs-agent']);
  await node.buildWithAgent('bad', { name: '0.2.1', program: 'process.exit(3);' }, { seq: 1 });
  const died = join(node.directory, 'died');
  await node.launch(['apply', node.packagePath('bad'), '--no-slot', '--reason', 'a test', '--root-file', node.rootFile], {
    death: { point: 'handover-recorded', isPowerCut: true },
    died,
  });
  // as the agent that hands over does next
  renameSync(join(node.statePath, 'handover.prepared'), join(node.statePath, 'handover.trial'));
  const owned = stack.move();
  return { node, disk, old, [Symbol.dispose]: () => owned.dispose() };
}

void t.test('a new agent that ends at its start is given up also where the disk has no room for the reason', { skip }, async (t) => {
  using scene = await inTrial();
  const { node, disk, old } = scene;
  disk.fill();
  const { output } = await node.launch(['take-over']);
  t.match(output, /the new agent 0\.2\.1 ended with status 3 before it had confirmed; back to deb-1/);
  t.notOk(readdirSync(node.statePath).includes('handover.trial'), 'it is not tried again');
  disk.free();
  await node.launch(['take-over']);
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), old, 'all is old');
  t.match((await readStatus(node)).history, [{ outcome: 'rolled-back', message: /the new agent 0\.2\.1 did not take over/ }]);
});

void t.test('where nothing can be written the launcher ends so that systemd starts it again', { skip }, async (t) => {
  using scene = await inTrial();
  const { node, old } = scene;
  execFileSync('mount', ['-o', 'remount,ro', node.statePath]);
  const { code, output } = await node.launch(['take-over']);
  t.match(output, /launcher: .*var\/lib\/uvs-agent can't be written/);
  t.not(code, FINAL_STATUS);
  t.not(code, 0);
  execFileSync('mount', ['-o', 'remount,rw', node.statePath]);
  await node.launch(['take-over']);
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), old, 'once it can, the old agent brings all back');
});
