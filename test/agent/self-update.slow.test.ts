import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readStatus } from '../../agent/commands/status.ts';
import { failpointLists, type FailpointName } from '../../agent/failpoints.ts';
import { AgentPrograms, type AgentVersion } from '../support/agent-versions.ts';
import { handoverFiles, LaunchedNode, runningAgent } from '../support/launched-node.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, task, TestNode } from '../support/update-node.ts';

t.setTimeout(400_000);
const folder = new TestNode();
t.teardown(() => folder[Symbol.dispose]());
const programs = await AgentPrograms.make(folder.directory);
const packaged: AgentVersion = { name: 'deb-1', program: programs.good('packaged') };
const good: AgentVersion = { name: '0.2.1', program: programs.good('next') };
const ignored = ['var/lib/uvs-agent', 'var/log/tasks', 'died'];

const statusAt = (root: string) => readStatus({ root, statePath: join(root, 'var/lib/uvs-agent') });

void t.test('a release that brings an agent is finished by that one, and the agent before stays beside it', async (t) => {
  using node = new LaunchedNode({ name: 'deb-1', program: programs.whole });
  const next = { name: '0.2.1', program: programs.whole };
  await node.buildWithAgent('one', next, { seq: 1, tasks: [task('post', 'tell', 'echo "$UVS_VERSION" >> "$UVS_ROOT/var/log/tasks"')] });
  const applied = await node.apply('one');
  t.equal(applied.code, 0, applied.output);
  t.match(applied.output, /Handing over to agent 0\.2\.1[^]*Agent 0\.2\.1 takes over from deb-1[^]*Running post task tell[^]*installed/);
  t.equal(runningAgent(node.root), '0.2.1');
  const { operations, installed } = await readStatus(node);
  t.strictSame(operations, []);
  t.equal(installed.components[0]?.releaseSeq, 1);
  t.match((await node.launch(['--version'])).output, '0.2.1');
  t.strictSame(handoverFiles(node.root), []);
});

void t.test('a new agent that does not take over is given up, and the old one brings everything back', async (t) => {
  const cases: readonly (readonly [what: string, agent: AgentVersion, reason: RegExp])[] = [
    ['crashes at its start', { name: '0.2.1', program: 'process.exit(3);' }, /ended with status 3 before it had confirmed/],
    [
      'hangs, whatever it is told',
      { name: '0.2.1', program: "process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000);" },
      /did not confirm within 3 s/,
    ],
    [
      'cannot read the journal',
      { name: '0.2.1', program: programs.broken('UVSJRNL1', 'UVSJRNL9') },
      /ended with status 7 before it had confirmed: JOURNAL_CORRUPT: .*does not begin like a journal/,
    ],
    ['is no program', { name: '0.2.1', program: 'this is not JavaScript' }, /ended with status 1 before it had confirmed/],
  ];
  for (const [what, agent, reason] of cases) {
    using node = new LaunchedNode(packaged, 3);
    await node.buildWithAgent('one', good, { seq: 1 });
    const old = snapshot(node.root, ignored);
    await node.buildWithAgent('bad', agent, { seq: 2 });
    const applied = await node.apply('bad');
    t.equal(applied.code, 7, `${what}: ${applied.output}`);
    t.strictSame(snapshot(node.root, ignored), old, `${what}: all is old`);
    const { operations, history, installed } = await readStatus(node);
    t.strictSame([operations, installed.components], [[], []]);
    t.match(history, [{ outcome: 'rolled-back', message: /^SERVICE_FAILED: the new agent 0\.2\.1 did not take over: / }], what);
    t.match(history[0]?.message, reason, what);
    t.strictSame(handoverFiles(node.root), [], what);
    if (what !== 'is no program') continue;
    t.equal((await node.apply('one')).code, 0, 'and a good one is taken after it');
  }
});

void t.test('a new agent whose post task fails leaves going back to the old one', async (t) => {
  using node = new LaunchedNode(packaged);
  const old = snapshot(node.root, ignored);
  await node.buildWithAgent('bad', good, { seq: 1, tasks: [task('post', 'fail', 'echo no luck; exit 3')] });
  const applied = await node.apply('bad');
  t.equal(applied.code, 7, applied.output);
  t.match(applied.output, /Agent deb-1 goes back/);
  t.match((await readStatus(node)).history, [{ outcome: 'rolled-back', message: /^TASK_FAILED: post task fail exited 3: no luck/ }]);
  t.strictSame(snapshot(node.root, ignored), old);
});

void t.test('a new agent that confirms and then never finishes is given up after ten starts', async (t) => {
  using node = new LaunchedNode(packaged);
  const old = snapshot(node.root, ignored);
  const dies = { name: '0.2.1', program: programs.broken('await runTasks(context, "post", signal)', 'process.exit(9)') };
  await node.buildWithAgent('bad', dies, { seq: 1 });
  t.match(await node.apply('bad'), { code: 8, output: /is not over: the agent that took over has ended/ });
  t.match((await readStatus(node)).operations, [{ phase: 'post' }]);
  writeFileSync(join(node.statePath, 'handover.starts'), 'start\n'.repeat(9));
  t.equal((await node.launch(['take-over'])).code, 9, 'the tenth');
  const last = await node.launch(['take-over']);
  t.equal(last.code, 0, last.output);
  t.match((await readStatus(node)).history, [
    { outcome: 'rolled-back', message: /the new agent 0\.2\.1 did not finish: was started 10 times after it had confirmed/ },
  ]);
  t.strictSame(snapshot(node.root, ignored), old);
});

void t.test('what the new agent gives back when it recovers is recovered by the old one, and an operator’s word is not used', async (t) => {
  // the task is run again after the power cut, and fails then
  const tasks = [task('post', 'fail', '[ -e "$UVS_ROOT/var/log/tasks" ] && exit 3; : > "$UVS_ROOT/var/log/tasks"')];
  for (const isAccepted of [false, true]) {
    using node = new LaunchedNode(packaged);
    const old = snapshot(node.root, ignored);
    await node.buildWithAgent('bad', good, { seq: 1, tasks });
    await node.apply('bad', { death: { point: 'post-task-ran', isPowerCut: true } });
    const [open] = (await readStatus(node)).operations;
    t.match(open, { phase: 'post' });
    const operation = open?.operation ?? '';
    const word = isAccepted ? ['--accept', operation, '--reason', 'the node is fine'] : [];
    const { code, output } = await node.launch(['recover', ...word]);
    t.equal(code, 0, output);
    t.match(output, /Agent deb-1 goes back[^]*: rolled-back: TASK_FAILED: post task fail exited 3/);
    const unused = 'was interrupted and has come to its end by itself: nothing had to be accepted.';
    t.equal(output.includes(`${operation} ${unused}`), isAccepted, output);
    t.match(await readStatus(node), {
      operations: { length: 0 },
      installed: { components: { length: 0 } },
      history: [{ operation, outcome: 'rolled-back' }],
    });
    t.strictSame(snapshot(node.root, ignored), old, 'all is old');
    t.strictSame(handoverFiles(node.root), []);
  }
});

void t.test('at boot too the old agent puts the files back of a new one that had still to give back', async (t) => {
  using node = new LaunchedNode(packaged);
  const old = snapshot(node.root, ignored);
  await node.buildWithAgent('bad', good, { seq: 1, tasks: [task('post', 'fail', 'exit 3')] });
  await node.apply('bad', { death: { point: 'back-recorded', isPowerCut: true } });
  t.match((await readStatus(node)).operations, [{ phase: 'back' }]);
  const { code, output } = await node.launch(['recover', '--files-only']);
  t.equal(code, 0, output);
  t.match(output, /Agent deb-1 goes back[^]*: its files are as before/);
  t.ok(handoverFiles(node.root).some((line) => line.startsWith('handover.failed ')));
  t.equal((await node.launch(['recover'])).code, 0);
  t.match(await readStatus(node), { operations: { length: 0 }, history: [{ outcome: 'rolled-back' }] });
  t.strictSame(snapshot(node.root, ignored), old);
});

void t.test(
  'whatever dies with the machine at each point of the handover, it ends as exactly old or exactly new, and a second time as well',
  async (t) => {
    using node = new LaunchedNode(packaged);
    await node.buildWithAgent('one', { name: '0.2.1', program: programs.good('one') }, { seq: 1, files: [file('opt/gone', 'in one')] });
    const tasks = [task('post', 'tell', 'echo "$UVS_VERSION" >> "$UVS_ROOT/var/log/tasks"')];
    const two = { name: '0.2.2', program: programs.good('two') };
    await node.buildWithAgent('two', two, { seq: 2, tasks, files: [{ path: 'opt/gone', op: 'remove' }] });
    await node.buildWithAgent('bad', two, { seq: 2, tasks: [task('post', 'fail', 'exit 3')] });
    t.equal((await node.apply('one')).code, 0);
    const template = join(node.directory, 'template');
    copy(node.root, template);
    const old = snapshot(template, ignored).join('\n');
    t.equal((await node.apply('two')).code, 0);
    const recent = snapshot(node.root, ignored).join('\n');

    const counts = { old: 0, new: 0, mixed: 0 };
    const cut = async (release: string, points: readonly FailpointName[]): Promise<void> => {
      const root = join(node.directory, `at-${release}-${points.join('-')}`);
      copy(template, root);
      for (const [index, point] of points.entries()) {
        const died = join(node.directory, `died-${release}-${points.join('-')}-${index}`);
        const death = { point, isPowerCut: true };
        let { output } =
          index === 0 ? await node.apply(release, { root, death, died }) : await node.launch(['take-over'], { root, death, died });
        // one agent may have had to start another one first
        if (!existsSync(died) && index > 0) ({ output } = await node.launch(['take-over'], { root, death, died }));
        if (!existsSync(died)) t.fail(`${release} did not meet ${point}`, { output });
      }
      // the node boots: files first, where there may be something to put back, then the daemon, which is started anew until it stays
      if (points.includes('committed')) await node.launch(['recover', '--files-only'], { root });
      let said = '';
      for (let start = 0; start < 4; start += 1) {
        const { code, output } = await node.launch(['take-over'], { root });
        said += output;
        if (code !== 75) break;
      }
      const now = snapshot(root, ignored).join('\n');
      const kind = now === old ? 'old' : now === recent ? 'new' : 'mixed';
      counts[kind] += 1;
      const at = `${release} ${points.join(', ')}: ${kind}`;
      if (kind === 'mixed') t.strictSame(now.split('\n'), old.split('\n'), said);
      const { installed, operations } = await statusAt(root);
      t.equal(installed.components[0]?.releaseSeq, kind === 'new' ? 2 : 1, at);
      t.equal(runningAgent(root), kind === 'new' ? '0.2.2' : '0.2.1', at);
      t.strictSame([operations, handoverFiles(root)], [[], []], `${at}: nothing is open any more`);
    };
    const around = ['committed', 'done-recorded'] as const;
    const work: (() => Promise<void>)[] = [
      ...[...failpointLists.handover, ...around]
        .filter((point) => point !== 'handover-given-back')
        .map((point) => () => cut('two', [point])),
      ...(['handover-given-back', 'back-half-restored'] as const).map((point) => () => cut('bad', [point])),
      () => cut('two', ['trial-begun', 'handover-confirmed']),
      () => cut('two', ['committed', 'back-half-restored']),
    ];
    const queue = work.values();
    await Promise.all(
      Array.from({ length: 2 }, async () => {
        for (const next of queue) await next();
      }),
    );
    t.comment(
      `self-updating release: cut points ${work.length}, recovered to old ${counts.old}, to new ${counts.new}, mixed ${counts.mixed}`,
    );
    t.equal(counts.mixed, 0);
    t.ok(counts.old > 0 && counts.new > 0);
  },
);

function copy(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}
