import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readStatus } from '../../agent/commands/status.ts';
import { fillDisk, freeDisk } from '../cuts/fill-disk.ts';
import { AgentPrograms } from '../support/agent-versions.ts';
import { LaunchedNode } from '../support/launched-node.ts';
import { MountedDisk } from '../support/mounted-disk.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { task, TestNode } from '../support/update-node.ts';

t.setTimeout(120_000);
const folder = new TestNode();
t.teardown(() => folder[Symbol.dispose]());
const programs = await AgentPrograms.make(folder.directory);
const skip = process.getuid?.() === 0 ? false : 'needs root to mount a disk';
/** Of systemd.service(5), RestartPreventExitStatus= in uvs-agent.service: a mistake in what was typed. */
const FINAL_STATUS = 2;

/** Takes its machine with it, as a kernel that panics does: all that UVS_TEST_GROUP names, then itself. */
const PANICS = "process.kill(-Number(process.env.UVS_TEST_GROUP), 'SIGKILL'); process.kill(process.pid, 'SIGKILL');";

/** A node whose old agent has just handed over to one that ends at its start, with its state directory on a disk of its own. */
async function inTrial(): Promise<{ readonly node: LaunchedNode; readonly disk: SmallDisk; readonly old: readonly string[] } & Disposable> {
  using stack = new DisposableStack();
  const node = stack.use(newNode());
  mkdirSync(node.statePath, { recursive: true });
  const disk = SmallDisk.mount(node.statePath, 8);
  if (disk === undefined) throw new Error('this machine mounts no tmpfs');
  stack.use(disk);
  const old = await handOver(node, 'process.exit(3);');
  const owned = stack.move();
  return { node, disk, old, [Symbol.dispose]: () => owned.dispose() };
}

/** The same with another new agent, on a file system of a real disk. */
async function onDisk(
  type: 'ext4' | 'xfs',
  program: string,
): Promise<{ readonly node: LaunchedNode; readonly old: readonly string[] } & Disposable> {
  using stack = new DisposableStack();
  const node = stack.use(newNode());
  stack.use(stack.use(MountedDisk.make(type)).bindTo(node.statePath));
  const old = await handOver(node, program);
  const owned = stack.move();
  return { node, old, [Symbol.dispose]: () => owned.dispose() };
}

const newNode = (): LaunchedNode => new LaunchedNode({ name: 'deb-1', program: programs.good('packaged') }, 3);

/** Brings a release up to where its agent is on trial; returns what the node was before. */
async function handOver(node: LaunchedNode, program: string): Promise<readonly string[]> {
  const old = snapshot(node.root, ['var/lib/uvs-agent']);
  await node.buildWithAgent('bad', { name: '0.2.1', program }, { seq: 1 });
  const died = join(node.directory, 'died');
  await node.launch(['apply', node.packagePath('bad'), '--no-slot', '--reason', 'a test', '--root-file', node.rootFile], {
    death: { point: 'handover-recorded', isPowerCut: true },
    died,
  });
  // as the agent that hands over does next
  renameSync(join(node.statePath, 'handover.prepared'), join(node.statePath, 'handover.trial'));
  return old;
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

const fileSystems = ['ext4', 'xfs'] as const;

void t.test('a new agent that is lost at each start is given up where the disk was full before the first', { skip }, async (t) => {
  for (const type of fileSystems) {
    using scene = await onDisk(type, PANICS);
    const { node, old } = scene;
    const panics = { death: { point: 'none', isPowerCut: true } };
    fillDisk(node.statePath, 'blocks');
    for (const start of ['first', 'second', 'third'])
      t.strictSame(await node.launch(['take-over'], panics), { code: undefined, output: '' }, `${type}: ${start} start`);
    t.match(
      (await node.launch(['take-over'])).output,
      /the new agent 0\.2\.1 was started 3 times and never confirmed; back to deb-1/,
      type,
    );
    freeDisk(node.statePath);
    await node.launch(['take-over']);
    t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), old, `${type}: all is old`);
  }
});

void t.test('and so is one that has confirmed and never finishes', { skip }, async (t) => {
  for (const type of fileSystems) {
    using scene = await onDisk(type, programs.broken('await runTasks(context, "post", signal)', 'process.exit(9)'));
    const { node, old } = scene;
    t.equal((await node.launch(['take-over'])).code, 9, `${type}: confirmed`);
    fillDisk(node.statePath, 'blocks');
    for (let start = 1; start <= 10; start += 1) t.equal((await node.launch(['take-over'])).code, 9, `${type}: start ${start} of ten`);
    t.match((await node.launch(['take-over'])).output, /the new agent 0\.2\.1 was started 10 times after it had confirmed/, type);
    freeDisk(node.statePath);
    await node.launch(['take-over']);
    t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), old, `${type}: all is old`);
  }
});

void t.test('a new agent gives back also where the disk has no room for the reason', { skip }, async (t) => {
  using node = newNode();
  mkdirSync(node.statePath, { recursive: true });
  using disk = SmallDisk.mount(node.statePath, 8);
  const old = snapshot(node.root, ['var/lib/uvs-agent']);
  await node.buildWithAgent('bad', { name: '0.2.1', program: programs.good('next') }, { seq: 1, tasks: [task('post', 'fail', 'exit 3')] });
  await node.apply('bad', { death: { point: 'back-recorded', isPowerCut: true } });
  disk?.fill();
  t.match(await node.launch(['recover']), { output: /Agent deb-1 goes back/ });
  disk?.free();
  await node.launch(['recover']);
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent', 'died']), old, 'all is old');
  t.match(await readStatus(node), { operations: { length: 0 }, history: [{ outcome: 'rolled-back', message: /^TASK_FAILED: / }] });
});

void t.test('an orderly end of a new agent on trial does not count, on a full disk either', { skip }, async (t) => {
  using scene = await onDisk('ext4', "process.kill(process.ppid, 'SIGTERM'); setTimeout(() => process.exit(0), 2000);");
  const { node } = scene;
  fillDisk(node.statePath, 'blocks');
  for (let start = 1; start <= 5; start += 1) {
    t.notMatch((await node.launch(['take-over'])).output, 'back to deb-1', `start ${start}`);
    t.ok(readdirSync(node.statePath).includes('handover.trial'), `start ${start}: it is on trial still`);
  }
});

void t.test('where the agent before took no room for it, a start that cannot be written down is the last one', { skip }, async (t) => {
  using scene = await inTrial();
  const { node, disk, old } = scene;
  rmSync(join(node.statePath, 'handover.starts'));
  disk.fill();
  const { output } = await node.launch(['take-over']);
  t.match(output, /the new agent 0\.2\.1 can't be counted, .*handover\.starts can't be written; back to deb-1/);
  disk.free();
  await node.launch(['take-over']);
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), old, 'all is old');
});
