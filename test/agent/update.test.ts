import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { installedAlready } from '../../agent/commands/already-installed.ts';
import { apply } from '../../agent/commands/apply.ts';
import { readStatus } from '../../agent/commands/status.ts';
import { consolePorts, consoleSetup } from '../../agent/commands/console.ts';
import { Journal } from '../../agent/journal.ts';
import type { Ended, Services } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { agentBounds } from '../../common/agent-bounds.ts';
import { openFileSource } from '../../common/upd/file-source.ts';
import { atPoint, runOperation } from '../support/run-operation.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { refusal } from '../support/upd.ts';
import { directory, file, remove, symlink, task, TestNode } from '../support/update-node.ts';

t.setTimeout(60_000);
const never = new AbortController().signal;
const isRoot = process.getuid?.() === 0;

function put(node: TestNode, name: string): Promise<Ended> {
  return apply(node.console(), { file: node.packagePath(name), noSlotReason: 'a test' }, never);
}

void t.test('a failing pre task leaves the root byte for byte as it was', async (t) => {
  using node = new TestNode();
  writeFileSync(join(node.root, 'before'), 'before');
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')], tasks: [task('pre', 'check', 'echo no good; exit 4')] });
  const before = snapshot(node.root);
  const ended = await put(node, 'one');
  t.equal(ended.outcome, 'rolled-back');
  t.match(ended.message, /^TASK_FAILED: pre task check exited 4/);
  t.match(ended.outputTail, /no good/);
  t.strictSame(snapshot(node.root), before);
  t.strictSame((await readStatus(node)).installed.components, []);
});

void t.test('a release that the node has is told, before anything is opened for it', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')] });
  await node.build('two', { seq: 2, files: [file('opt/a', 'b')] });
  const asked = (name: string): Promise<string | undefined> => installedAlready(node.console(), node.packagePath(name), never);
  t.equal(await asked('one'), undefined, 'a node that has nothing yet');
  await put(node, 'one');
  const before = snapshot(node.root);
  t.equal(await asked('one'), '2.14.1');
  t.equal(await asked('two'), undefined);
  t.equal(await asked('nowhere'), undefined);
  await node.build('one', { seq: 1, files: [file('opt/a', 'other')] });
  t.equal(await asked('one'), undefined, 'another content under the same number is none that it has');
  t.strictSame(snapshot(node.root), before);
});

void t.test('a failing post task takes the root back exactly', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [directory('opt'), file('opt/a', 'a'), file('opt/b', 'b'), symlink('opt/c', 'a')] });
  await put(node, 'one');
  await node.build('two', {
    seq: 2,
    files: [directory('opt', 0o700), file('opt/a', 'A', { mode: 0o600 }), remove('opt/b'), symlink('opt/c', 'b'), file('new/dir/d', 'd')],
    tasks: [task('post', 'migrate', 'exit 3')],
  });
  const before = snapshot(node.root);
  const ended = await put(node, 'two');
  t.match(ended, { outcome: 'rolled-back', message: /^TASK_FAILED: post task migrate exited 3/ });
  t.strictSame(snapshot(node.root), before);
  t.equal((await readStatus(node)).installed.components[0]?.version, '2.14.1');
});

void t.test('tasks are told where they are, and get nothing of the environment of the agent', async (t) => {
  using node = new TestNode();
  process.env['UVS_TEST_SECRET'] = 'secret';
  t.teardown(() => delete process.env['UVS_TEST_SECRET']);
  await node.build('one', { seq: 1, tasks: [task('pre', 'env', 'env | grep UVS_ | sort; pwd')] });
  const ended = await put(node, 'one');
  t.match(
    [...ended.outputTail.matchAll(/^pre\| ((?:UVS_|\/).*)$/gm)].map(([, line]) => line),
    [
      'UVS_FROM_VERSION=',
      'UVS_NODE_NAME=node-1',
      `UVS_OPERATION=${ended.operation}`,
      `UVS_ROOT=${node.root}`,
      'UVS_STAGE=pre',
      `UVS_STATE_DIR=${node.statePath}`,
      'UVS_VERSION=2.14.1',
      node.root,
    ],
  );
});

void t.test('every line of the output says in which phase it was written', async (t) => {
  using node = new TestNode();
  const tasks = [task('pre', 'check', 'echo one; echo; echo two'), task('post', 'migrate', 'echo three >&2; exit 3')];
  await node.build('one', { seq: 1, files: [file('opt/a', 'a')], tasks });
  const { outputTail } = await put(node, 'one');
  const lines = outputTail.trimEnd().split('\n');
  t.match(outputTail, /^pre\| one\npre\| \npre\| two$/m);
  t.match(outputTail, /^post\| three\npost\| TASK_FAILED: post task migrate exited 3 .*\nback\| Going back$/m);
  const phases = lines.map((line) => /^([a-z]+)\| /.exec(line)?.[1]);
  t.same([...new Set(phases)], ['fetching', 'pre', 'stopping', 'committing', 'post', 'back'], 'none is without');
});

void t.test('a task that takes too long is ended with all that it started', async (t) => {
  using node = new TestNode();
  const script = `sleep 60 & echo $! > "$UVS_STATE_DIR/../child"; sleep 60`;
  await node.build('one', { seq: 1, tasks: [task('pre', 'slow', script, { timeoutSeconds: 1 })] });
  const ended = await put(node, 'one');
  t.match(ended.message, /^TASK_FAILED: pre task slow was ended after 1 s/);
  const pid = readFileSync(join(node.root, 'var/lib/child'), 'utf8').trim();
  t.notOk(existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '), 'the background process is gone');
});

void t.test('what a failing task left running in a session of its own is ended before the files go back', async (t) => {
  using node = new TestNode();
  const pid = join(node.root, 'var/log/pid');
  const script = `setsid sh -c 'echo $$ > "$UVS_ROOT/var/log/pid"; exec sleep 60' & until [ -s "${pid}" ]; do sleep 0.01; done; exit 1`;
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('post', 'daemon', script)] });
  const ended = await put(node, 'one');
  t.match(ended, { outcome: 'rolled-back', outputTail: /1 processes that its tasks had left running were ended/ });
  const left = readFileSync(pid, 'utf8').trim();
  t.notOk(existsSync(`/proc/${left}`) && !readFileSync(`/proc/${left}/stat`, 'utf8').includes(') Z '), 'it is gone');
});

void t.test('a task that prints without end is ended in time, and its output is cut', async (t) => {
  using node = new TestNode();
  // Long lines, so that a busy machine reaches the limit in time too.
  const flood = `yes ${'y'.repeat(1000)}`;
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('pre', 'flood', flood, { timeoutSeconds: 2 })] });
  const startedMs = performance.now();
  const observer = { progress: () => undefined, output: () => undefined };
  const ended = await runOperation(node, 'one', { observer });
  t.match(ended, { outcome: 'rolled-back', message: /was ended after 2 s/, outputTail: /^pre\| \(further output is left out\)$/m });
  t.ok(performance.now() - startedMs < 12_000, `${Math.round(performance.now() - startedMs)} ms`);
});

void t.test('the output of a task moves no terminal', async (t) => {
  using node = new TestNode();
  const script = `printf 'a\\033[2Jb\\302\\2332Jc\\n'`;
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('pre', 'print', script)] });
  t.match(await put(node, 'one'), { outputTail: /^pre\| a\[2Jb2Jc$/m });
});

void t.test('what is refused before anything is staged leaves no trace', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 5, files: [file('a', 'one')] });
  await put(node, 'one');
  const before = snapshot(node.root);
  const refused = async (name: string, message: RegExp): Promise<void> => {
    const ended = await put(node, name);
    t.match(ended, { outcome: 'failed', message }, name);
    t.strictSame(snapshot(node.root), before, `${name} changed nothing`);
  };

  await node.build('older', { seq: 4, files: [file('a', 'older')] });
  await refused('older', /^RELEASE_NOT_NEWER: /);
  await node.build('same', { seq: 5, files: [file('a', 'other content')] });
  await refused('same', /^RELEASE_CONTENT_CHANGED: /);
  await refused('one', /^RELEASE_NOT_NEWER: .*installed already/);
  await node.build('foreign', { seq: 6, target: { distro: 'alpine', distroVersions: [], archs: [], boards: [], roles: [] } });
  await refused('foreign', /^TARGET_MISMATCH: /);
  await node.build('state', { seq: 6, files: [file('var/lib/uvs-agent/installed.json', '{}')] });
  await refused('state', /^PATH_FORBIDDEN: .*agent itself/);
  await node.build('kernel', { seq: 6, files: [file('proc/sys/kernel/panic', '1')] });
  await refused('kernel', /^PATH_FORBIDDEN: /);
  await node.build('staging', { seq: 6, files: [file('.uvs-staging/x', '1')] });
  await refused('staging', /^PATH_FORBIDDEN: /);
  await node.build('attributes', { seq: 6, files: [file('b', 'b', { xattrs: { 'user.a': 'YQ==' } })] });
  await refused('attributes', /^AGENT_TOO_OLD: b has extended attributes/);
  await node.build('reboot', { seq: 6, files: [file('b', 'b')], reboot: true });
  await refused('reboot', /^AGENT_TOO_OLD: the package wants the node rebooted/);
  await node.build('cut', { seq: 6, files: [file('b', 'b'.repeat(10_000))] });
  truncateSync(node.packagePath('cut'), statSync(node.packagePath('cut')).size - 1);
  await refused('cut', /^PACKAGE_TRUNCATED: /);
  using stranger = new TestNode();
  await stranger.build('signed', { seq: 6, files: [file('b', 'b')] });
  execFileSync('cp', [stranger.packagePath('signed'), node.packagePath('unknown')]);
  await refused('unknown', /^(KEY_UNKNOWN|SIGNATURE_MISSING): /);
});

void t.test('what the journal could not hold at the end is refused before anything is staged', async (t) => {
  using node = new TestNode();
  const names = Array.from({ length: 256 }, (_none, index) => `c${String(index).padStart(63, '0')}`);
  const components = Object.fromEntries(names.map((name) => [name, { epoch: 0, releaseSeq: 1 }]));
  await node.build('many', { seq: 1, files: [file('a', 'a')], components });
  const before = snapshot(node.root, ['var/lib/uvs-agent']);
  t.match(await put(node, 'many'), { outcome: 'failed', message: /^PACKAGE_MALFORMED: .*more components or services/ });
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before);
  t.strictSame((await readStatus(node)).operations, []);
});

void t.test('a node takes no package that would bring it above the components that can be told to a coordinator', async (t) => {
  using node = new TestNode();
  const some = (from: number, to: number): Record<string, { epoch: number; releaseSeq: number }> =>
    Object.fromEntries(Array.from({ length: to - from }, (_none, index) => [`c${from + index}`, { epoch: 0, releaseSeq: 1 }]));
  await node.build('one', { seq: 1, files: [file('a', 'a')], components: some(0, 200) });
  t.equal((await put(node, 'one')).outcome, 'installed');
  const before = snapshot(node.root, ['var/lib/uvs-agent']);
  await node.build('more', { seq: 1, files: [file('b', 'b')], components: some(200, agentBounds.components + 1) });
  t.match(await put(node, 'more'), { outcome: 'failed', message: /^NO_SPACE: with this package the node would have 257 components/ });
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before);
  await node.build('fits', { seq: 2, files: [file('b', 'b')], components: some(200, agentBounds.components) });
  t.equal((await put(node, 'fits')).outcome, 'installed');
  t.equal((await readStatus(node)).installed.components.length, agentBounds.components);
});

void t.test('a release that does not read back as the manifest says is not installed', async (t) => {
  using node = new TestNode();
  const damages = [
    'printf x >> "$UVS_ROOT/opt/a"',
    'chmod 600 "$UVS_ROOT/opt/a"',
    'rm "$UVS_ROOT/opt/a"',
    'ln -sfn b "$UVS_ROOT/opt/link"',
  ];
  for (const [index, damage] of damages.entries()) {
    const files = [file('opt/a', 'a'), symlink('opt/link', 'a')];
    await node.build('one', { seq: index + 1, files, tasks: [task('post', 'damage', damage)] });
    const before = snapshot(node.root);
    t.match(await put(node, 'one'), { outcome: 'rolled-back', message: /^READBACK_MISMATCH: opt\/(a|link) / }, damage);
    t.strictSame(snapshot(node.root), before);
  }
});

void t.test('a symlink in a parent is never followed', async (t) => {
  using node = new TestNode();
  const outside = join(node.directory, 'outside');
  mkdirSync(outside);
  symlinkSync(outside, join(node.root, 'opt'));
  await node.build('one', { seq: 1, files: [file('opt/deep/a', 'a')] });
  const ended = await put(node, 'one');
  t.match(ended, { outcome: 'failed', message: /^PATH_FORBIDDEN: .*opt is a symlink/ });
  t.strictSame(snapshot(outside), []);
});

void t.test('a symlink that comes into a parent between staging and commit is not followed either', async (t) => {
  using node = new TestNode();
  const outside = join(node.directory, 'outside');
  mkdirSync(outside);
  await node.build('one', {
    seq: 1,
    files: [file('opt/a', 'a')],
    tasks: [task('pre', 'attack', `ln -s ${outside} "$UVS_ROOT/opt"`)],
  });
  const ended = await put(node, 'one');
  t.match(ended, { outcome: 'rolled-back', message: /^PATH_FORBIDDEN: / });
  t.strictSame(snapshot(outside), []);
});

void t.test('a directory that becomes a symlink before the commit does not lend its new mode to what it points to', async (t) => {
  using node = new TestNode();
  const outside = join(node.directory, 'outside');
  mkdirSync(outside, { mode: 0o700 });
  mkdirSync(join(node.root, 'srv/theirs'), { recursive: true, mode: 0o750 });
  await node.build('one', { seq: 1, files: [directory('srv/theirs', 0o777), file('srv/a', 'a')] });
  const swap = atPoint('committing-recorded', () => {
    renameSync(join(node.root, 'srv/theirs'), join(node.root, 'srv/moved'));
    symlinkSync(outside, join(node.root, 'srv/theirs'));
  });
  const ended = await runOperation(node, 'one', swap);
  t.equal(statSync(outside).mode & 0o777, 0o700);
  t.match(ended, { outcome: 'needs-operator', message: /srv\/theirs/ });
  t.notOk(existsSync(join(node.root, 'srv/a')), 'the files are old again');
});

void t.test('a config file that the admin edited is kept, or the new one goes beside; an unedited one is replaced', async (t) => {
  using node = new TestNode();
  const configs = (value: string) => [
    file('etc/keep', value, { config: 'keep' }),
    file('etc/beside', value, { config: 'new-beside' }),
    file('etc/replace', value),
    file('etc/unedited', value, { config: 'keep' }),
  ];
  await node.build('one', { seq: 1, files: configs('1') });
  await node.build('two', { seq: 2, files: configs('2') });
  await put(node, 'one');
  for (const name of ['keep', 'beside', 'replace']) appendFileSync(join(node.root, 'etc', name), ' edited');
  t.equal((await put(node, 'two')).outcome, 'installed');
  const content = (name: string): string => readFileSync(join(node.root, 'etc', name), 'utf8');
  t.strictSame(
    [content('keep'), content('beside'), content('beside.uvs-new'), content('replace'), content('unedited')],
    ['1 edited', '1 edited', '2', '2', '2'],
  );
  t.notOk(existsSync(join(node.root, 'etc/keep.uvs-new')));
});

void t.test('a removal takes only what a release put there and nobody changed', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [directory('d'), file('d/a', 'a'), file('d/b', 'b')] });
  await put(node, 'one');
  writeFileSync(join(node.root, 'd/b'), 'changed');
  writeFileSync(join(node.root, 'mine'), 'mine');
  await node.build('two', { seq: 2, files: [remove('d'), remove('d/a'), remove('d/b'), remove('mine')] });
  const ended = await put(node, 'two');
  t.equal(ended.outcome, 'installed');
  t.match(ended.outputTail, /d\/b is not removed: it was changed here/);
  t.notOk(existsSync(join(node.root, 'd/a')));
  t.equal(readFileSync(join(node.root, 'd/b'), 'utf8'), 'changed');
  t.equal(readFileSync(join(node.root, 'mine'), 'utf8'), 'mine');
});

void t.test(
  'a full disk is refused before anything is staged',
  { skip: isRoot ? false : 'needs root to mount a small file system' },
  async (t) => {
    using node = new TestNode();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', node.root]);
    try {
      mkdirSync(join(node.root, 'var/lib'), { recursive: true });
      await node.build('one', { seq: 1, files: [file('big', Buffer.alloc(22 * 1024 * 1024, 1))] });
      const before = snapshot(node.root);
      t.match(await put(node, 'one'), { outcome: 'failed', message: /^NO_SPACE: .* MiB free and the release needs / });
      t.strictSame(snapshot(node.root), before);
      await node.build('two', { seq: 1, files: [file('small', 'fits')] });
      const ended = await put(node, 'two');
      t.equal(ended.outcome, 'installed');
      t.match(ended.outputTail, /WARNING: .*(from storage|page cache)/, 'a file system without a device is not called read back from one');
    } finally {
      execFileSync('umount', [node.root]);
    }
  },
);

void t.test(
  'files on another mount are staged and committed there',
  { skip: isRoot ? false : 'needs root to mount a file system' },
  async (t) => {
    using node = new TestNode();
    const other = join(node.root, 'srv/data');
    mkdirSync(other, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', other]);
    try {
      await node.build('one', { seq: 1, files: [file('a', 'a'), file('srv/data/deep/b', 'b')] });
      t.equal((await put(node, 'one')).outcome, 'installed');
      await node.build('two', { seq: 2, files: [file('a', 'A'), file('srv/data/deep/b', 'B')], tasks: [task('post', 'fail', 'exit 1')] });
      const before = snapshot(node.root);
      t.equal((await put(node, 'two')).outcome, 'rolled-back');
      t.strictSame(snapshot(node.root), before, 'no staging area is left on either');
      mkdirSync(join(node.root, 'srv/bind'));
      execFileSync('mount', ['--bind', join(node.root, 'var/log'), join(node.root, 'srv/bind')]);
      try {
        await node.build('three', { seq: 3, files: [file('srv/bind/c', 'the same device, another mount')] });
        t.equal((await put(node, 'three')).outcome, 'installed', 'a bind mount shows the same device and refuses renames all the same');
      } finally {
        execFileSync('umount', [join(node.root, 'srv/bind')]);
      }
    } finally {
      execFileSync('umount', [other]);
    }
  },
);

void t.test(
  'every mount on which anything is removed or a directory changes is synced and cleared',
  { skip: isRoot ? false : 'needs root to mount a file system' },
  async (t) => {
    using node = new TestNode();
    const mounts = ['srv/one', 'srv/two', 'srv/three'].map((path) => join(node.root, path));
    for (const mount of mounts) {
      mkdirSync(mount, { recursive: true });
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', mount]);
    }
    try {
      await node.build('one', { seq: 1, files: [file('srv/one/a', 'a'), file('srv/two/b', 'b')] });
      await put(node, 'one');
      const files = [remove('srv/one/a'), remove('srv/two/b'), directory('srv/three', 0o700), directory('srv/three/deep')];
      await node.build('two', { seq: 2, files });
      let reading: ReturnType<typeof Journal.read> | undefined;
      const look = atPoint('committing-recorded', () => {
        reading = Journal.read(node.statePath);
      });
      t.equal((await runOperation(node, 'two', look)).outcome, 'installed');
      const bases = ((await reading) ?? []).flatMap((record) => (record.kind === 'marked' ? [record.bases] : [])).at(-1) ?? [];
      t.strictSame([...bases].sort(), ['', 'srv/one', 'srv/three', 'srv/two']);
      for (const mount of mounts) t.notOk(existsSync(join(mount, '.uvs-staging')), mount);
    } finally {
      for (const mount of mounts) execFileSync('umount', [mount]);
    }
  },
);

void t.test('services that run are stopped in order and started in reverse; one that does not start takes the node back', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('a', 'a')], services: ['x.service', 'idle.service', 'y.service'] });
  const calls: string[] = [];
  const active = new Set(['x.service', 'y.service']);
  let isBroken = true;
  const services: Services = {
    isAvailable: () => Promise.resolve(true),
    isActive: (unit) => Promise.resolve(active.has(unit)),
    isRunning: (unit) => Promise.resolve(active.has(unit)),
    stop: (unit) => {
      calls.push(`stop ${unit}`);
      active.delete(unit);
      return Promise.resolve();
    },
    start: (unit) => {
      calls.push(`start ${unit}`);
      if (!(isBroken && unit === 'x.service' && existsSync(join(node.root, 'a')))) active.add(unit);
      return Promise.resolve();
    },
  };
  const before = snapshot(node.root);
  const run = async (operation: string): Promise<Ended> => {
    await using source = await openFileSource(node.packagePath('one'));
    await using runner = await Runner.open(await consoleSetup(node.console()), { ...consolePorts(node.console()), services }, 'test');
    const origin = { open: () => Promise.resolve(source), contentKey: () => Promise.reject(new Error('not encrypted')) };
    const ended = await runner.runOperation({ operation, packageDigest: '', origin, slots: undefined }, never);
    await runner.acknowledge(operation);
    return ended;
  };
  const failed = await run('op-1');
  t.match(failed, { outcome: 'rolled-back', message: /^SERVICE_FAILED: x.service was started and does not run/ });
  t.strictSame(snapshot(node.root), before);
  t.strictSame([...active].sort(), ['x.service', 'y.service'], 'they run on the old release');
  t.strictSame(calls.slice(0, 4), ['stop x.service', 'stop y.service', 'start y.service', 'start x.service']);
  isBroken = false;
  calls.length = 0;
  t.equal((await run('op-2')).outcome, 'installed');
  t.strictSame(calls, ['stop x.service', 'stop y.service', 'start y.service', 'start x.service']);
});

void t.test('a second agent on the same state directory is refused and told whose turn it is', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1, files: [file('a', 'a')] });
  {
    await using runner = await Runner.open(await consoleSetup(node.console()), consolePorts(node.console()), 'the first');
    t.strictSame(await runner.openOperations(), []);
    await t.rejects(put(node, 'one'), { reason: 'BUSY', message: new RegExp(`pid ${process.pid} \\(the first\\)`) });
  }
  t.equal((await put(node, 'one')).outcome, 'installed');
});

void t.test('without a slot the operator has to say so', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 1 });
  const reason = await refusal(() => apply(node.console(), { file: node.packagePath('one') }, never));
  t.equal(reason, 'NOT_ALLOWED_NOW');
  await put(node, 'one');
  t.match((await readStatus(node)).history, [{ hadSlot: false, outcome: 'installed' }]);
});
