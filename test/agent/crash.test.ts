import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { apply } from '../../agent/commands/apply.ts';
import { recover } from '../../agent/commands/recover.ts';
import { readStatus } from '../../agent/commands/status.ts';
import { failpointNames, type FailpointName } from '../../agent/failpoints.ts';
import { buildSampleReleases } from '../support/sample-releases.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { bundleChild, file, runChild, task, TASK_LOG, TestNode } from '../support/update-node.ts';

const ignored = ['var/lib/uvs-agent', TASK_LOG];
/** Two agents at a time: as many as the machine has processors at least. */
const PARALLEL = 2;
t.setTimeout(120_000);

const never = new AbortController().signal;

void t.test('an agent killed at each named point leaves, once recovered, exactly old or exactly new', async (t) => {
  using node = new TestNode();
  await buildSampleReleases(node);
  const program = await bundleChild(node.directory);
  const template = join(node.directory, 'template');
  await apply(node.console(), { file: node.packagePath('one'), noSlotReason: 'a test' }, never);
  appendFileSync(join(node.root, 'etc/app.conf'), '# by the admin\n');
  appendFileSync(join(node.root, 'etc/other.conf'), '# by the admin\n');
  copy(node.root, template);
  const old = snapshot(template, ignored);
  await apply(node.console(), { file: node.packagePath('two'), noSlotReason: 'a test' }, never);
  const recent = snapshot(node.root, ignored);
  t.not(old.join('\n'), recent.join('\n'));

  const counts = { old: 0, new: 0, mixed: 0 };
  const settledRoots: { readonly point: string; readonly root: string }[] = [];
  const runPoint = async (point: FailpointName, name: string, dieAgainAt?: FailpointName): Promise<void> => {
    const root = join(node.directory, `at-${name}-${point}-${dieAgainAt ?? ''}`);
    copy(template, root);
    const hasSlots = point === 'grant-recorded';
    const order = { root, rootFile: node.rootFile, markEveryBytes: 1, hasSlots };
    const died = await runChild(program, { ...order, command: 'apply', file: node.packagePath(name), dieAt: point });
    if (died.signal !== 'SIGKILL') t.fail(`${name} did not meet ${point}`, { output: died.output });
    if (dieAgainAt !== undefined) {
      const again = await runChild(program, { ...order, command: 'recover', dieAt: dieAgainAt });
      if (again.signal !== 'SIGKILL') t.fail(`recovery did not meet ${dieAgainAt}`, { output: again.output });
    }
    await recover(node.console(root));
    const now = snapshot(root, ignored);
    const kind = same(now, old) ? 'old' : same(now, recent) ? 'new' : 'mixed';
    counts[kind] += 1;
    const { installed, operations } = await readStatus({ statePath: join(root, 'var/lib/uvs-agent') });
    const remembered = installed.components[0]?.releaseSeq;
    t.equal(remembered, kind === 'new' ? 2 : 1, `${name} ${point} ${dieAgainAt ?? ''}: ${kind}, and that is remembered`);
    if (kind === 'mixed') t.strictSame(now, old);
    if (hasSlots)
      t.match(operations, [{ phase: 'failed', message: /^CANCELLED: / }], 'the end is kept to be reported to whoever granted the slot');
    else t.strictSame(operations, [], 'nothing is open any more');
    settledRoots.push({ point, root });
  };

  const goingBack = failpointNames.filter((point) => point.startsWith('back-') || point === 'rolled-back-recorded');
  const work: (() => Promise<void>)[] = [
    ...failpointNames.filter((point) => !goingBack.includes(point)).map((point) => () => runPoint(point, 'two')),
    ...goingBack.map((point) => () => runPoint(point, 'bad')),
    // killed once more while recovering from a half-done commit
    ...(['back-recorded', 'back-half-restored', 'back-restored', 'rolled-back-recorded'] as const).map(
      (again) => () => runPoint('half-of-files-renamed', 'two', again),
    ),
    ...(['read-back', 'done-recorded'] as const).map((again) => () => runPoint('post-task-ran', 'two', again)),
  ];
  const queue = work.values();
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (const next of queue) await next();
    }),
  );
  t.comment(`killed ${work.length} times: old ${counts.old}, new ${counts.new}, mixed ${counts.mixed}`);
  t.equal(counts.mixed, 0);
  t.ok(counts.old > 0 && counts.new > 0);

  const some = settledRoots.find(({ point }) => point === 'half-of-files-renamed');
  if (some === undefined) throw new Error('the point is gone');
  const ended = await apply(node.console(some.root), { file: node.packagePath('two'), noSlotReason: 'a test' }, never);
  t.equal(ended.outcome, 'installed', 'a recovered node takes the release');
  t.ok(same(snapshot(some.root, ignored), recent));
});

void t.test('what was staged before a crash is not fetched again', async (t) => {
  using node = new TestNode();
  await buildSampleReleases(node);
  const program = await bundleChild(node.directory);
  const order = { root: node.root, rootFile: node.rootFile, markEveryBytes: 1 };
  await runChild(program, { ...order, command: 'apply', file: node.packagePath('one'), dieAt: 'segments-marked' });
  const { operations } = await readStatus({ statePath: node.statePath });
  t.equal(operations[0]?.phase, 'fetching');
  t.ok(existsSync(join(node.root, '.uvs-staging')));
  const second = await runChild(program, { ...order, command: 'apply', file: node.packagePath('one') });
  t.match(second.output, /BUSY/, 'another operation does not push in');
  await recover(node.console());
  t.notOk(existsSync(join(node.root, '.uvs-staging')), 'giving it up clears the staging area');
});

void t.test('the runs of tasks survive a crash in their own log', async (t) => {
  using node = new TestNode();
  await buildSampleReleases(node);
  const program = await bundleChild(node.directory);
  await apply(node.console(), { file: node.packagePath('one'), noSlotReason: 'a test' }, never);
  const order = { root: node.root, rootFile: node.rootFile };
  await runChild(program, { ...order, command: 'apply', file: node.packagePath('two'), dieAt: 'post-task-end-recorded' });
  await recover(node.console());
  const ran = readFileSync(join(node.root, TASK_LOG), 'utf8').trim().split('\n');
  t.strictSame(ran, ['pre 2.14.2', 'post 2.14.2', 'cleanup 2.14.2'], 'a task that ended is not run again');
});

void t.test('an interrupted task that must not run twice needs an operator, and nothing new begins until then', async (t) => {
  using node = new TestNode();
  const program = await bundleChild(node.directory);
  // the task kills the agent that runs it and lives on
  const script = 'echo $$ > "$UVS_ROOT/var/log/pid"; kill -9 $PPID; exec sleep 60';
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('post', 'once', script, { idempotent: false })] });
  await node.build('two', { seq: 2, files: [file('a', 'b')] });
  const order = { root: node.root, rootFile: node.rootFile };
  const died = await runChild(program, { ...order, command: 'apply', file: node.packagePath('one') });
  t.equal(died.signal, 'SIGKILL');
  const [ended] = await recover(node.console());
  t.match(ended, { outcome: 'needs-operator', message: /^NEEDS_OPERATOR: post task once was interrupted/ });
  const advice = `: see that the node is in order, then "uvs-agent recover --accept ${ended?.operation} --reason TEXT" there`;
  t.ok(ended?.message.endsWith(advice), 'it says what ends that');
  t.notOk(isRunning(readFileSync(join(node.root, 'var/log/pid'), 'utf8').trim()), 'what was left of the task is ended');
  t.ok(existsSync(join(node.root, '.uvs-staging')), 'the originals are kept');
  await t.rejects(apply(node.console(), { file: node.packagePath('two'), noSlotReason: 'a test' }, never), {
    reason: 'NEEDS_OPERATOR',
    message: /needs an operator first/,
  });
  t.match(await recover(node.console(), { operation: ended?.operation ?? '', reason: 'fan changed' }), [
    {
      outcome: 'failed',
      message:
        /^NEEDS_OPERATOR: an operator accepted the node as it is \(fan changed\), after NEEDS_OPERATOR: post task once was interrupted and may not be run twice$/,
    },
  ]);
  t.match(
    await readStatus(node),
    { operations: [], history: [{ outcome: 'failed' }], installed: { components: [] } },
    'without a slot nobody has to hear of it',
  );
  t.notOk(existsSync(join(node.root, '.uvs-staging')));
  t.match(await apply(node.console(), { file: node.packagePath('two'), noSlotReason: 'a test' }, never), { outcome: 'installed' });
});

void t.test('an interrupted task that may run twice is run again', async (t) => {
  using node = new TestNode();
  const program = await bundleChild(node.directory);
  const script = `echo ran >> "$UVS_ROOT/${TASK_LOG}"; [ "$(wc -l < "$UVS_ROOT/${TASK_LOG}")" -gt 1 ] || kill -9 $PPID`;
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('post', 'twice', script)] });
  await runChild(program, { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('one') });
  t.match(await recover(node.console()), [{ outcome: 'installed' }]);
  t.equal(readFileSync(join(node.root, TASK_LOG), 'utf8'), 'ran\nran\n');
});

function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}

function copy(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join('\n') === b.join('\n');
}
