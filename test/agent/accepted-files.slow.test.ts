import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { consolePorts, recoverySetup } from '../../agent/commands/console.ts';
import { recover } from '../../agent/commands/recover.ts';
import { rollback } from '../../agent/commands/rollback.ts';
import { readStatus, status } from '../../agent/commands/status.ts';
import { Runner } from '../../agent/runner.ts';
import { errorOf } from '../support/failure.ts';
import { install } from '../support/install.ts';
import { accept, leave, leftAt, openOperation } from '../support/left-node.ts';
import { memoryNode } from '../support/memory-node.ts';
import { buildSampleReleases } from '../support/sample-releases.ts';
import { bundleChild, directory, file, runChild, task, TestNode } from '../support/update-node.ts';

t.setTimeout(400_000);

const never = new AbortController().signal;
const programs = new TestNode();
const program = await bundleChild(programs.directory);
t.teardown(() => programs[Symbol.dispose]());

async function installedVersions(node: TestNode): Promise<readonly string[]> {
  return (await readStatus(node)).installed.components.map(({ version }) => version);
}

void t.test('files of every kind that are all as the release brings them: it counts as installed, and can be taken back', async (t) => {
  using node = new TestNode();
  await buildSampleReleases(node);
  await install(node, 'one');
  appendFileSync(join(node.root, 'etc/app.conf'), '# by the admin\n');
  appendFileSync(join(node.root, 'etc/other.conf'), '# by the admin\n');
  const { operation } = await leave(program, node, 'apply', 'post-recorded');
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
    operations: { length: 0 },
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
  const { operation } = await leave(program, node, 'apply', 'back-restored', 'bad');
  t.match(await accept(node, operation), [{ outcome: 'failed', message: /: every file is as before, 2\.14\.1 stays installed, after / }]);
  t.match(await readStatus(node), { installed: { components: [{ version: '2.14.1' }] }, mixture: '', operations: { length: 0 } });
  t.match(await install(node, 'two'), { outcome: 'installed' });
});

void t.test('where both releases have the same files it is said that the tasks of the second would run once more', async (t) => {
  using node = memoryNode();
  const files = [file('opt/a', 'the same')];
  await node.build('one', { seq: 1, files });
  await node.build('two', { seq: 2, files, tasks: [task('post', 'once', 'true')] });
  await install(node, 'one');
  const { operation } = await leave(program, node, 'apply', 'post-task-ran');
  const said =
    /: every file is as before, and as 2\.14\.2 brings it: 2\.14\.1 stays installed, and 2\.14\.2 runs its tasks once more if it comes again, after /;
  t.match(await accept(node, operation), [{ outcome: 'failed', message: said }]);
});

void t.test('an operator who puts the originals back by copies, or moves them back, has a node that is as before', async (t) => {
  const { node, operation, area } = await leftAt(program, 'committed');
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
  const { node, operation, area } = await leftAt(program, 'half-of-files-renamed');
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

void t.test('an operation that came to no commit has changed no file', async (t) => {
  const { node, operation } = await leftAt(program, 'pre-task-recorded');
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
  const { node, operation } = await leftAt(program, 'committed', new TestNode());
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
    const { operation } = await leave(program, node, 'rollback', dieAt);
    t.match(await accept(node, operation), [{ outcome: 'failed', message: found }], dieAt);
    t.match(await readStatus(node), { installed: { components: [{ version }] }, mixture: '', operations: { length: 0 } }, dieAt);
    if (version === '2.14.2') t.match((await readStatus(node)).waysBack.releases, [{ version: '2.14.2' }], 'the way back is still there');
    else t.match(await install(node, 'two'), { outcome: 'installed' }, 'the order remembers what was taken back');
  }
  using node = new TestNode();
  await buildSampleReleases(node);
  await install(node, 'one');
  await install(node, 'two');
  const { operation } = await leave(program, node, 'rollback', 'half-of-files-renamed');
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
      const { node, operation } = await leftAt(program, 'committed');
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
          operations: { length: 0 },
        },
        point,
      );
    }
  },
);

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
  t.match(await readStatus(node), { installed: { components: [{ version: '2.14.1' }] }, mixture: '', operations: { length: 0 } });
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
  const { node, operation, area } = await leftAt(program, 'committed');
  using _ = node;
  writeFileSync(join(node.root, 'opt/new'), 'edited');
  rmSync(join(area, 'old'), { recursive: true });
  const other = await leftAt(program, 'committed');
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
