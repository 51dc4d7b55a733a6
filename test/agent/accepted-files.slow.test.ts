import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { consolePorts, recoverySetup } from '../../agent/commands/console.ts';
import { recover } from '../../agent/commands/recover.ts';
import { rollback } from '../../agent/commands/rollback.ts';
import { readStatus, status } from '../../agent/commands/status.ts';
import type { FailpointName } from '../../agent/failpoints.ts';
import { Journal } from '../../agent/journal.ts';
import type { Ended } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import type { EntrySpec } from '../../common/upd/writer.ts';
import { errorOf } from '../support/failure.ts';
import { install } from '../support/install.ts';
import { memoryNode } from '../support/memory-node.ts';
import { buildSampleReleases } from '../support/sample-releases.ts';
import { bundleChild, directory, file, remove, runChild, task, TestNode } from '../support/update-node.ts';

t.setTimeout(400_000);

const never = new AbortController().signal;
const programs = new TestNode();
const program = await bundleChild(programs.directory);
t.teardown(() => programs[Symbol.dispose]());

interface Left {
  readonly node: TestNode;
  readonly operation: string;
  /** Where its originals are. */
  readonly area: string;
}

/** Installs "one", lets the agent die in what follows, and has its recovery given up as an operator can: the operation needs one then. */
async function leave(node: TestNode, command: 'apply' | 'rollback', dieAt: FailpointName, name = 'two'): Promise<Left> {
  const order = { root: node.root, rootFile: node.rootFile, command, file: node.packagePath(name), dieAt } as const;
  const died = await runChild(program, order);
  if (died.signal !== 'SIGKILL') throw new Error(`it did not come to ${dieAt}: ${died.output}`);
  const [open] = (await readStatus(node)).operations;
  const operation = open?.operation ?? '';
  await using journal = await Journal.open(node.statePath);
  const message = `NEEDS_OPERATOR: an operator gave up its recovery in ${open?.phase}: its disk was lost`;
  await journal.append({ kind: 'ended', operation, outcome: 'needs-operator', message });
  return { node, operation, area: join(node.root, '.uvs-staging', operation) };
}

async function openOperation(node: TestNode): Promise<string> {
  return (await readStatus(node)).operations[0]?.operation ?? '';
}

function accept(node: TestNode, operation: string, isMixed = false): Promise<readonly Ended[]> {
  return recover(node.console(), { operation, reason: 'seen', isMixed });
}

/** A small node that "two" was brought to, up to a point. */
async function leftAt(dieAt: FailpointName, node = memoryNode()): Promise<Left> {
  const config = (content: string) => file('etc/app.conf', content, { config: 'replace' });
  await node.build('one', {
    seq: 1,
    files: [directory('opt'), file('opt/a', 'one'), file('opt/b', 'one of b'), file('opt/gone', 'gone'), config('one')],
  });
  await node.build('two', {
    seq: 2,
    files: [file('opt/a', 'two, longer'), file('opt/b', 'two of b'), file('opt/new', 'new'), remove('opt/gone'), config('two, its own')],
    tasks: [task('pre', 'before', 'true')],
  });
  await install(node, 'one');
  appendFileSync(join(node.root, 'etc/app.conf'), ', edited here');
  return await leave(node, 'apply', dieAt);
}

async function installedVersions(node: TestNode): Promise<readonly string[]> {
  return (await readStatus(node)).installed.components.map(({ version }) => version);
}

void t.test('files of every kind that are all as the release brings them: it counts as installed, and can be taken back', async (t) => {
  using node = new TestNode();
  await buildSampleReleases(node);
  await install(node, 'one');
  appendFileSync(join(node.root, 'etc/app.conf'), '# by the admin\n');
  appendFileSync(join(node.root, 'etc/other.conf'), '# by the admin\n');
  const { operation } = await leave(node, 'apply', 'post-recorded');
  t.match(await accept(node, operation), [
    {
      outcome: 'failed',
      message: `NEEDS_OPERATOR: an operator accepted the node as it is (seen): every file is as 2.14.2 brings it, which is installed now, after NEEDS_OPERATOR: an operator gave up its recovery in post: its disk was lost`,
    },
  ]);
  const after = await readStatus(node);
  t.match(after, {
    installed: { components: [{ version: '2.14.2', releaseSeq: 2 }], versions: { uvs: '2.14.2' } },
    mixture: '',
    waysBack: { releases: [{ version: '2.14.2', toVersion: '2.14.1', refusal: '' }] },
    operations: [],
  });
  t.notOk(existsSync(join(node.root, '.uvs-staging')));
  t.match(await install(node, 'two'), { outcome: 'failed', message: /^RELEASE_NOT_NEWER: / }, 'nobody brings it again');
  t.match(await rollback(node.console(), { noSlotReason: 'a test' }, never), { outcome: 'done' });
  t.strictSame(await installedVersions(node), ['2.14.1']);
});

void t.test('files of every kind that are all as before: what was installed stays installed', async (t) => {
  using node = new TestNode();
  await buildSampleReleases(node);
  await install(node, 'one');
  appendFileSync(join(node.root, 'etc/app.conf'), '# by the admin\n');
  const { operation } = await leave(node, 'apply', 'back-restored', 'bad');
  t.match(await accept(node, operation), [{ outcome: 'failed', message: /: every file is as before, 2\.14\.1 stays installed, after / }]);
  t.match(await readStatus(node), { installed: { components: [{ version: '2.14.1' }] }, mixture: '', operations: [] });
  t.match(await install(node, 'two'), { outcome: 'installed' });
});

void t.test('where both releases have the same files it is said that the tasks of the second would run once more', async (t) => {
  using node = memoryNode();
  const files = [file('opt/a', 'the same')];
  await node.build('one', { seq: 1, files });
  await node.build('two', { seq: 2, files, tasks: [task('post', 'once', 'true')] });
  await install(node, 'one');
  const { operation } = await leave(node, 'apply', 'post-task-ran');
  const said =
    /: every file is as before, and as 2\.14\.2 brings it: 2\.14\.1 stays installed, and 2\.14\.2 runs its tasks once more if it comes again, after /;
  t.match(await accept(node, operation), [{ outcome: 'failed', message: said }]);
});

void t.test('an operator who puts the originals back by copies, or moves them back, has a node that is as before', async (t) => {
  const { node, operation, area } = await leftAt('committed');
  using _ = node;
  const original = (content: string): string => {
    const names = readdirSync(join(area, 'old')).filter((name) => readFileSync(join(area, 'old', name), 'utf8') === content);
    return join(area, 'old', names[0] ?? '');
  };
  copyFileSync(original('one'), join(node.root, 'opt/a'));
  copyFileSync(original('gone'), join(node.root, 'opt/gone'));
  execFileSync('mv', [original('one of b'), join(node.root, 'opt/b')]);
  execFileSync('mv', [original('one, edited here'), join(node.root, 'etc/app.conf')]);
  rmSync(join(node.root, 'opt/new'));
  t.match(await accept(node, operation), [{ message: /: every file is as before, 2\.14\.1 stays installed, after / }]);
  t.strictSame(await installedVersions(node), ['2.14.1']);
});

void t.test('a mixture is refused with what is of which release and where the originals lie, and nothing is recorded', async (t) => {
  const { node, operation, area } = await leftAt('half-of-files-renamed');
  using _ = node;
  chmodSync(join(node.root, 'opt/b'), 0o600);
  const error = await errorOf(accept(node, operation));
  t.match(error, { reason: 'CONFLICT', message: /^the node's files are of no one release: / });
  t.match(
    error.message,
    /: 2 as 2\.14\.2 has them \(etc\/app\.conf, opt\/a\), 2 as before \(opt\/gone, opt\/new\), 1 neither \(opt\/b has mode 600, not 644\)$/,
  );
  t.match(error.hint, new RegExp(`kept in ${area}: above it says of what.*--mixed: `));
  const said = node.printed.join('\n');
  t.match(said, new RegExp(`opt/b is neither: it .*; the original is ${area}/old/\\d+`));
  t.match(said, new RegExp(`opt/new is as before; what was to come is ${area}/new/\\d+`));
  t.match(await readStatus(node), {
    operations: [{ operation, phase: 'needs-operator' }],
    installed: { components: [{ version: '2.14.1' }] },
  });
  t.ok(existsSync(join(area, 'old')), 'the originals are kept');
});

void t.test('a mixture that an operator accepts as one is told until the release has come, and no node goes back to it', async (t) => {
  const { node, operation } = await leftAt('half-of-files-renamed');
  using _ = node;
  const [ended] = await accept(node, operation, true);
  t.match(ended, {
    outcome: 'failed',
    message: /accepted the node as it is \(seen\): the files are a mixture of 2\.14\.1 and 2\.14\.2: \d as 2/,
  });
  const sentence = new RegExp(`^since ${operation}, which an operator accepted, the files are a mixture of 2\\.14\\.1 and 2\\.14\\.2: `);
  t.match(await readStatus(node), { installed: { components: [{ version: '2.14.1' }] }, mixture: sentence, operations: [] });
  node.printed.length = 0;
  await status(node.console(), { json: false });
  t.match(node.printed.join('\n'), /^uvs 2\.14\.1 \(release 1\)\nMixed: since op-/);
  t.notOk(existsSync(join(node.root, '.uvs-staging')), 'as it was said');
  t.match(await install(node, 'two'), { outcome: 'installed' });
  t.equal((await readStatus(node)).mixture, '');
  const why = 'what was before 2.14.2 was a mixture that an operator had accepted';
  t.match((await readStatus(node)).waysBack, { releases: [], why });
  await t.rejects(rollback(node.console(), { noSlotReason: 'a test' }, never), { reason: 'NO_WAY_BACK', message: new RegExp(why) });
  await node.build('three', { seq: 3, files: [file('opt/a', 'three')] });
  t.match(await install(node, 'three'), { outcome: 'installed' });
  t.match((await readStatus(node)).waysBack.releases, [{ toVersion: '2.14.2', refusal: '' }], 'but to what came after it');
});

void t.test(
  'from a release of which some files are others there is no way back, and both who asks and who tries are told so',
  async (t) => {
    using node = memoryNode();
    for (const seq of [1, 2, 3])
      await node.build(`v${seq}`, { seq, files: [directory('opt'), file('opt/a', `${seq}`), file('opt/b', `${seq}`)] });
    await install(node, 'v1');
    const second = await install(node, 'v2');
    t.equal(second.outcome, 'installed');
    t.match((await readStatus(node)).waysBack.releases, [{ version: '2.14.2', refusal: '' }]);
    const { operation } = await leave(node, 'apply', 'half-of-files-renamed', 'v3');
    await accept(node, operation, true);
    const refusal = 'its files are a mixture that an operator accepted';
    t.match((await readStatus(node)).waysBack.releases, [{ version: '2.14.2', refusal }]);
    t.match(await errorOf(rollback(node.console(), { noSlotReason: 'a test' }, never)), {
      reason: 'NO_WAY_BACK',
      message: `2.14.2 can't be taken back: ${refusal}`,
    });
  },
);

void t.test('a mixture is over with the next full release, and not with a partial one', async (t) => {
  const { node, operation } = await leftAt('half-of-files-renamed');
  using _ = node;
  await accept(node, operation, true);
  const base = (await readStatus(node)).installed.components[0]?.manifestHash ?? '';
  await node.build('part', { seq: 3, kind: 'partial', base, files: [file('opt/other', 'three')] });
  t.match(await install(node, 'part'), { outcome: 'installed' });
  t.match((await readStatus(node)).mixture, /^since /);
  await node.build('four', { seq: 4, files: [file('opt/a', 'four')] });
  t.match(await install(node, 'four'), { outcome: 'installed' });
  t.equal((await readStatus(node)).mixture, '');
});

void t.test('an operation that came to no commit has changed no file', async (t) => {
  const { node, operation } = await leftAt('pre-task-recorded');
  using _ = node;
  t.match(await accept(node, operation), [{ message: /: it had changed no file, 2\.14\.1 stays installed, after / }]);
  t.match(await readStatus(node), { installed: { components: [{ version: '2.14.1' }] }, mixture: '' });
});

void t.test('where going back failed, what was put back counts as before, and what is in its way is named', async (t) => {
  using node = memoryNode();
  await node.build('one', { seq: 1, files: [directory('opt'), file('opt/a', 'one'), file('etc/x', 'one')] });
  const blocks = 'rm "$UVS_ROOT/opt/new"; mkdir "$UVS_ROOT/opt/new"; exit 1';
  await node.build('two', {
    seq: 2,
    files: [file('opt/a', 'two'), file('etc/x', 'two'), file('opt/new', 'n')],
    tasks: [task('post', 'bad', blocks)],
  });
  await install(node, 'one');
  writeFileSync(join(node.root, 'etc/x'), 'the admin’s own');
  t.match(await install(node, 'two'), { outcome: 'needs-operator' });
  const operation = await openOperation(node);
  t.match(await errorOf(accept(node, operation)), {
    reason: 'CONFLICT',
    message: /: 2 as before \(etc\/x, opt\/a\), 1 neither \(opt\/new /,
  });
  rmdirSync(join(node.root, 'opt/new'));
  t.match(await accept(node, operation), [{ message: /: every file is as before, 2\.14\.1 stays installed, after / }]);
});

void t.test('a file whose attributes are others than its release says is of neither', async (t) => {
  const { node, operation } = await leftAt('committed', new TestNode());
  using _ = node;
  execFileSync('setfattr', ['-n', 'user.x', '-v', '1', join(node.root, 'opt/a')]);
  t.match(await errorOf(accept(node, operation)), {
    reason: 'CONFLICT',
    message: /1 neither \(opt\/a has an extended attribute that is undeclared, user\.x\)/,
  });
});

void t.test('of a release that was being taken back it is told in the same way which of the two is there', async (t) => {
  for (const [dieAt, version, found] of [
    ['originals-linked', '2.14.2', /: it had changed no file, 2\.14\.2 stays installed, after /],
    ['committing-recorded', '2.14.2', /: every file is as before, 2\.14\.2 stays installed, after /],
    ['committed', '2.14.1', /: every file is as before 2\.14\.2, which is taken back now: 2\.14\.1 is installed, after /],
  ] as const) {
    using node = new TestNode();
    await buildSampleReleases(node);
    await install(node, 'one');
    await install(node, 'two');
    const { operation } = await leave(node, 'rollback', dieAt);
    t.match(await accept(node, operation), [{ outcome: 'failed', message: found }], dieAt);
    t.match(await readStatus(node), { installed: { components: [{ version }] }, mixture: '', operations: [] }, dieAt);
    if (version === '2.14.2') t.match((await readStatus(node)).waysBack.releases, [{ version: '2.14.2' }], 'the way back is still there');
    else t.match(await install(node, 'two'), { outcome: 'installed' }, 'the order remembers what was taken back');
  }
  using node = new TestNode();
  await buildSampleReleases(node);
  await install(node, 'one');
  await install(node, 'two');
  const { operation } = await leave(node, 'rollback', 'half-of-files-renamed');
  t.match(await errorOf(accept(node, operation)), { reason: 'CONFLICT', message: / as 2\.14\.1 has them \(.* as before \(/ });
  await accept(node, operation, true);
  t.match((await readStatus(node)).mixture, /the files are a mixture of 2\.14\.2 and 2\.14\.1: /);
});

void t.test(
  'an agent that dies between the comparison and the end of the acceptance comes to the same when it is asked again',
  async (t) => {
    for (const point of [
      'release-remembered',
      'way-back-described',
      'done-recorded',
      'installed-written',
      'originals-retained',
      'end-settled',
      'staging-removed',
    ] as const) {
      const { node, operation } = await leftAt('committed');
      using _ = node;
      const order = { root: node.root, rootFile: node.rootFile, command: 'recover', accept: operation, dieAt: point } as const;
      t.equal((await runChild(program, order)).signal, 'SIGKILL', point);
      const isRecorded = (await readStatus(node)).operations[0]?.phase === 'failed';
      t.equal(isRecorded, !['release-remembered', 'way-back-described'].includes(point), point);
      if (isRecorded) t.match(await recover(node.console()), [{ outcome: 'failed' }], point);
      else t.match(await accept(node, operation), [{ outcome: 'failed' }], point);
      t.match(
        await readStatus(node),
        {
          installed: { components: [{ version: '2.14.2' }] },
          waysBack: { releases: [{ version: '2.14.2', refusal: '' }] },
          operations: [],
        },
        point,
      );
    }
  },
);

void t.test('what can’t be compared is refused, and with an operator’s word ends as a mixture that may be any', async (t) => {
  const { node, operation } = await leftAt('committed');
  using _ = node;
  rmSync(join(node.statePath, 'operations', operation, 'plan.json'));
  t.match(await errorOf(accept(node, operation)), {
    reason: 'CONFLICT',
    message: /^which release's files are there can't be told: /,
    hint: /--mixed/,
  });
  t.match(await accept(node, operation, true), [{ message: /: which release's files are there is not known: / }]);
  t.match((await readStatus(node)).mixture, /which release's files are there is not known/);
  t.match(await install(node, 'two'), { outcome: 'installed' });
  t.equal((await readStatus(node)).mixture, '');
});

void t.test('a damaged record of mixtures is told, and keeps nobody from anything', async (t) => {
  const { node, operation } = await leftAt('half-of-files-renamed');
  using _ = node;
  await accept(node, operation, true);
  writeFileSync(join(node.statePath, 'mixtures.json'), '[{');
  t.match((await readStatus(node)).mixture, /^mixtures\.json, .* is damaged$/);
  t.match(await install(node, 'two'), { outcome: 'installed' });
});

void t.test('a mixture with a partial release is over once that very release has come', async (t) => {
  using node = memoryNode();
  const { manifestHash } = await node.build('one', { seq: 1, files: [directory('opt'), file('opt/a', 'one'), file('opt/b', 'one')] });
  await node.build('part', { seq: 2, kind: 'partial', base: manifestHash, files: [file('opt/a', 'of the part'), file('opt/c', 'c')] });
  await install(node, 'one');
  const { operation } = await leave(node, 'apply', 'first-file-renamed', 'part');
  await accept(node, operation, true);
  t.match((await readStatus(node)).mixture, /^since /);
  t.match(await install(node, 'part'), { outcome: 'installed' });
  t.equal((await readStatus(node)).mixture, '');
});

void t.test('an operation that was only interrupted is recovered first, and an operator’s word is not used', async (t) => {
  using node = memoryNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'one'), file('opt/b', 'one')] });
  await node.build('two', { seq: 2, files: [file('opt/a', 'two'), file('opt/b', 'two')] });
  await install(node, 'one');
  const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('two') } as const;
  t.equal((await runChild(program, { ...order, dieAt: 'half-of-files-renamed' })).signal, 'SIGKILL');
  const operation = await openOperation(node);
  await status(node.console(), { json: false });
  const advice = `${operation} was interrupted in committing, and no agent runs: bring it to its end with: uvs-agent --root ${node.root} recover`;
  t.equal(node.printed.at(-2), advice);
  {
    await using _ = await Runner.open(recoverySetup(node.console()), consolePorts(node.console()), 'uvs-agent run');
    t.match((await readStatus(node)).operations, [{ operation, isInterrupted: false }], 'an agent runs, which sees to it');
  }
  t.match(await accept(node, operation, true), [{ operation, outcome: 'rolled-back' }]);
  t.equal(node.printed.at(-1), `${operation} was interrupted and has come to its end by itself: nothing had to be accepted.`);
  t.match(await readStatus(node), { installed: { components: [{ version: '2.14.1' }] }, mixture: '', operations: [] });
});

void t.test('an interrupted operation that recovery leaves to an operator is accepted once it is asked for again', async (t) => {
  using node = memoryNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'one')], tasks: [task('post', 'once', 'true', { idempotent: false })] });
  const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('one') } as const;
  t.equal((await runChild(program, { ...order, dieAt: 'post-task-recorded' })).signal, 'SIGKILL');
  const operation = await openOperation(node);
  t.match(await accept(node, operation), [{ operation, outcome: 'needs-operator', message: /^NEEDS_OPERATOR: post task once was/ }]);
  t.equal(node.printed.at(-1), `${operation} needs an operator since this moment: see that the node is in order, then accept it again.`);
  t.match(await accept(node, operation), [
    {
      outcome: 'failed',
      message: /\(seen\): every file is as 2\.14\.1 brings it, which is installed now, after NEEDS_OPERATOR: post task once was/,
    },
  ]);
});

void t.test('of each path of a mixture it is told what there was before, and what has it where nothing is kept', async (t) => {
  const { node, operation, area } = await leftAt('committed');
  using _ = node;
  writeFileSync(join(node.root, 'opt/new'), 'edited');
  rmSync(join(area, 'old'), { recursive: true });
  const other = await leftAt('committed');
  using __ = other.node;
  chmodSync(join(other.node.root, 'opt/a'), 0o600);
  t.match(await errorOf(accept(node, operation)), { reason: 'CONFLICT' });
  const lost = 'nothing of it is kept: `upd cat PACKAGE opt/new`, with the package of 2.14.2, has what was to come';
  t.match(
    node.printed.find((line) => line.includes('opt/new is neither')),
    `; before there was nothing; ${lost}`,
  );
  t.match(await errorOf(accept(other.node, other.operation)), { reason: 'CONFLICT' });
  t.match(
    other.node.printed.find((line) => line.includes('| opt/new is')),
    /opt\/new is as 2\.14\.2 has it; before there was nothing$/,
  );
  t.match(other.node.printed.join('\n'), `the original is ${other.area}/old/`);
  other.node.printed.length = 0;
  await accept(other.node, other.operation, true);
  t.match(other.node.printed.join('\n'), /opt\/a is neither: it has mode 600, not 644$/m);
  t.notMatch(other.node.printed.join('\n'), / is \S*\.uvs-staging/, 'where it was is not told once it goes');
});

void t.test('what an accepted mixture has left is removed by the release that puts it right, whichever way it was to go', async (t) => {
  const releases = async (node: TestNode, files: Readonly<Record<'one' | 'two' | 'three', readonly EntrySpec[]>>) => {
    for (const [index, name] of (['one', 'two', 'three'] as const).entries())
      await node.build(name, { seq: index + 1, files: files[name] });
    await install(node, 'one');
  };
  using forth = memoryNode();
  await releases(forth, {
    one: [directory('opt'), file('opt/a', 'one'), file('opt/b', 'one')],
    two: [file('opt/a', 'two'), file('opt/b', 'two'), file('opt/new', 'two'), file('etc/new.conf', 'two', { config: 'keep' })],
    three: [file('opt/a', 'three'), remove('opt/b'), remove('opt/new'), file('etc/new.conf', 'three', { config: 'keep' })],
  });
  const { operation } = await leave(forth, 'apply', 'files-renamed');
  writeFileSync(join(forth.root, 'opt/a'), 'by hand');
  await accept(forth, operation, true);
  t.not((await readStatus(forth)).mixture, '');
  t.match(await install(forth, 'three'), { outcome: 'installed' });
  for (const path of ['opt/b', 'opt/new']) t.notOk(existsSync(join(forth.root, path)), path);
  t.equal(readFileSync(join(forth.root, 'etc/new.conf'), 'utf8'), 'three', 'nobody had edited it');
  t.equal((await readStatus(forth)).mixture, '');

  using back = memoryNode();
  await releases(back, {
    one: [directory('opt'), file('opt/a', 'one'), file('opt/old', 'one')],
    two: [file('opt/a', 'two'), remove('opt/old')],
    three: [file('opt/a', 'three'), remove('opt/old')],
  });
  await install(back, 'two');
  const left = await leave(back, 'rollback', 'files-renamed');
  writeFileSync(join(back.root, 'opt/a'), 'by hand');
  await accept(back, left.operation, true);
  t.ok(existsSync(join(back.root, 'opt/old')));
  t.match(await install(back, 'three'), { outcome: 'installed' });
  t.notOk(existsSync(join(back.root, 'opt/old')));
  t.equal((await readStatus(back)).mixture, '');
});
