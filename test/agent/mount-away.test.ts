import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import * as v from 'valibot';
import { recover, recoverFiles } from '../../agent/commands/recover.ts';
import { planSchema } from '../../agent/files/plan.ts';
import { Journal } from '../../agent/journal.ts';
import { readStatus } from '../../agent/commands/status.ts';
import { install } from '../support/install.ts';
import { MountedDisk } from '../support/mounted-disk.ts';
import { rollBack } from '../support/roll-back.ts';
import { bundleChild, directory, file, remove, runChild, task, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);
const rootOnly = { skip: process.getuid?.() === 0 ? false : 'needs root to mount file systems' };
const program = await bundleChild(mkdtempSync(join(tmpdir(), 'uvs-child-')));
t.teardown(() => rmSync(join(program, '..'), { recursive: true }));

/** A node with a file system of its own on /data that no fstab names, and which can be taken away and brought back. */
class NodeWithData implements Disposable {
  readonly node: TestNode;
  readonly #stack = new DisposableStack();
  readonly #disk: MountedDisk;
  #bound: Disposable | undefined;

  constructor() {
    const root = this.#stack.use(MountedDisk.make('ext4'));
    this.node = this.#stack.use(new TestNode(root.path));
    this.#disk = this.#stack.use(MountedDisk.make('ext4'));
    this.#stack.defer(() => this.unmount());
    this.mount();
  }

  mount(): void {
    this.#bound = this.#disk.bindTo(this.at('data'));
  }

  unmount(): void {
    this.#bound?.[Symbol.dispose]();
    this.#bound = undefined;
  }

  /** Of what a release has mounted by itself. */
  unmountOwn(): void {
    const at = this.at('opt/m');
    if (readFileSync('/proc/self/mounts', 'utf8').includes(` ${at} `)) execFileSync('umount', [at]);
  }

  /** Something else has done it. */
  isUnmounted(): void {
    this.#bound = undefined;
  }

  at(path: string): string {
    return join(this.node.root, path);
  }

  read(path: string): string {
    return existsSync(this.at(path)) ? readFileSync(this.at(path), 'utf8') : 'nothing';
  }

  /** What people see in /data. */
  data(): readonly string[] {
    return readdirSync(this.at('data')).filter((name) => name !== 'lost+found');
  }

  /** Runs the agent that is killed at the end of the commit. */
  async killAtCommit(name: string): Promise<void> {
    const { node } = this;
    const child = await runChild(program, {
      command: 'apply',
      root: node.root,
      rootFile: node.rootFile,
      file: node.packagePath(name),
      dieAt: 'committed',
    });
    if (child.signal !== 'SIGKILL') throw new Error(child.output);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/** A release of which nothing but directories goes to /data. */
async function withDirectories(): Promise<NodeWithData> {
  using stack = new DisposableStack();
  const made = stack.use(new NodeWithData());
  await made.node.build('one', { seq: 1, files: [file('opt/a', 'one'), directory('data/d', 0o750)] });
  await install(made.node, 'one');
  await made.node.build('two', { seq: 2, files: [file('opt/a', 'two'), directory('data/new'), remove('data/d')] });
  stack.move();
  return made;
}

const away = { reason: 'NOT_FOUND', message: /^\/data is not mounted now, and was when op-\S+ changed files there$/ };

void t.test('where a mount is away on which only directories changed, recovery waits for it and changes nothing', rootOnly, async (t) => {
  using made = await withDirectories();
  const { node } = made;
  await made.killAtCommit('two');
  made.unmount();
  await t.rejects(recoverFiles(node.console()), { ...away, hint: /^Mount everything as it was and start the agent again/ });
  await t.rejects(recover(node.console()), away, 'nor does it go on with the rest');
  t.strictSame(made.data(), [], 'nothing is made below the mount point');
  t.equal(made.read('opt/a'), 'two');
  made.mount();
  t.equal((await recoverFiles(node.console())).length, 1, 'once it is there it is done');
  t.match(await recover(node.console()), [{ outcome: 'rolled-back' }]);
  t.strictSame(made.data(), ['d'], 'and its staging area is gone');
  t.equal(made.read('opt/a'), 'one');
});

void t.test('where another file system is mounted in its place, or over a part of it, recovery waits as well', rootOnly, async (t) => {
  using made = await withDirectories();
  const { node } = made;
  await made.killAtCommit('two');
  using other = MountedDisk.make('ext4');
  {
    made.unmount();
    using _instead = other.bindTo(made.at('data'));
    await t.rejects(recoverFiles(node.console()), {
      reason: 'NOT_FOUND',
      message: /^the staging area \S+\/data\/\.uvs-staging\/op-\S+ of/,
    });
  }
  made.mount();
  {
    using _over = other.bindTo(made.at('data/new'));
    await t.rejects(recoverFiles(node.console()), { reason: 'NOT_FOUND', message: /^\/data\/new is mounted now, and was not when op-/ });
  }
  t.match(await recover(node.console()), [{ outcome: 'rolled-back' }]);
  t.strictSame(made.data(), ['d']);
});

void t.test('of an earlier agent’s commit, which left nothing on such a mount, the journal tells that it is away', rootOnly, async (t) => {
  using made = await withDirectories();
  const { node } = made;
  await made.killAtCommit('two');
  await asOfEarlierAgent(node);
  rmSync(made.at('data/.uvs-staging'), { recursive: true });
  made.unmount();
  await t.rejects(recoverFiles(node.console()), away);
  made.mount();
  t.match(await recover(node.console()), [{ outcome: 'rolled-back' }]);
  t.strictSame(made.data(), ['d']);
  t.equal(made.read('opt/a'), 'one');
});

void t.test('a task that unmounts what the release has touched does not have it told as rolled back', rootOnly, async (t) => {
  using made = new NodeWithData();
  const { node } = made;
  await node.build('one', { seq: 1, files: [file('opt/a', 'one')] });
  await install(node, 'one');
  const tasks = [task('post', 'unmount', 'umount -l "$UVS_ROOT/data"; exit 1')];
  await node.build('two', { seq: 2, files: [file('opt/a', 'two'), directory('data/new')], tasks });
  const ended = await install(node, 'two');
  made.isUnmounted();
  t.match(ended, { outcome: 'needs-operator', message: /\/data is not mounted now, and was/ });
  const word = { operation: ended.operation, reason: 'seen', isMixed: false };
  const untold = { reason: 'CONFLICT', message: /^which release's files are there can't be told: \/data is not mounted now, and was/ };
  await t.rejects(recover(node.console(), word), untold, 'an operator’s word waits for it too');
  made.mount();
  rmSync(made.at('data/new'), { recursive: true });
  writeFileSync(made.at('opt/a'), 'one');
  await recover(node.console(), word);
  t.match(node.printed.join('\n'), /an operator accepted the node as it is \(seen\): every file is as before/);
});

/** Brings a release of which a task mounts something on a directory that it brings; the agent dies after that. */
async function withOwnMount(made: NodeWithData): Promise<{ readonly from: MountedDisk } & Disposable> {
  using stack = new DisposableStack();
  const { node } = made;
  const from = stack.use(MountedDisk.make('ext4'));
  stack.defer(() => made.unmountOwn());
  const mounts = `mountpoint -q "$UVS_ROOT/opt/m" || mount --bind ${from.path} "$UVS_ROOT/opt/m"`;
  await node.build('one', { seq: 1, files: [directory('opt'), file('opt/a', 'one')] });
  await node.build('two', {
    seq: 2,
    files: [directory('opt/m'), file('opt/a', 'two')],
    tasks: [task('post', 'mount', mounts)],
  });
  await install(node, 'one');
  const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('two'), dieAt: 'read-back' } as const;
  const died = await runChild(program, order);
  if (died.signal !== 'SIGKILL') throw new Error(died.output);
  const owned = stack.move();
  return { from, [Symbol.dispose]: () => owned.dispose() };
}

void t.test('what a release itself has mounted on a directory that it brings keeps nobody from going on with it', rootOnly, async (t) => {
  for (const isAccepted of [false, true]) {
    using made = new NodeWithData();
    using _own = await withOwnMount(made);
    const { node } = made;
    const operation = (await readStatus(node)).operations[0]?.operation ?? '';
    const word = isAccepted ? { operation, reason: 'seen', isMixed: false } : undefined;
    t.match(await recover(node.console(), word), [{ operation, outcome: 'installed' }]);
    t.match(node.printed.join('\n'), /\/opt\/m is mounted now, and was not when op-\S+ changed files there: it goes on/);
    t.match(await readStatus(node), { installed: { components: [{ version: '2.14.2' }] }, operations: { length: 0 } });
  }
});

void t.test('it goes on only where every path proves to be as the release brings it, and says what is in the way', rootOnly, async (t) => {
  using made = new NodeWithData();
  using own = await withOwnMount(made);
  const { node } = made;
  chmodSync(own.from.path, 0o700);
  const operation = (await readStatus(node)).operations[0]?.operation ?? '';
  await t.rejects(recover(node.console()), {
    reason: 'NOT_FOUND',
    message:
      /^\/opt\/m is mounted now, .*; op-\S+ made that directory, so most likely a task or a unit of its own has mounted it since; with it opt\/m has mode 700/,
    hint: /^Unmount it \(umount \/opt\/m; where a unit mounts it, systemctl stop .*\) and start the agent again; mount it again once/,
  });
  t.match((await readStatus(node)).operations, [{ operation, phase: 'confirming' }], 'nothing has happened');
  made.unmountOwn();
  t.match(await recover(node.console()), [{ operation, outcome: 'installed' }]);
});

void t.test('going back waits until it is unmounted: what is below it can’t be put back', rootOnly, async (t) => {
  using made = new NodeWithData();
  using _own = await withOwnMount(made);
  const { node } = made;
  const operation = (await readStatus(node)).operations[0]?.operation ?? '';
  writeFileSync(made.at('opt/a'), 'edited');
  await t.rejects(recover(node.console()), { reason: 'NOT_FOUND', message: /; with it opt\/a / });
  made.unmountOwn();
  t.match(await recover(node.console()), [{ operation, outcome: 'rolled-back' }]);
});

/** Takes out of the plan what earlier agents did not write there. */
async function asOfEarlierAgent({ statePath }: TestNode): Promise<void> {
  const [operation = ''] = readdirSync(join(statePath, 'operations'));
  const path = join(statePath, 'operations', operation, 'plan.json');
  const { actions, left } = v.parse(planSchema, JSON.parse(readFileSync(path, 'utf8')));
  const text = JSON.stringify({ actions: actions.map((action) => ('index' in action ? action : { ...action, base: undefined })), left });
  writeFileSync(path, text);
  await using journal = await Journal.open(statePath);
  await journal.append({ kind: 'planned', operation, planHash: createHash('sha256').update(text).digest('hex') });
}

/** A release that brings /data something new, whatever it replaces elsewhere. */
async function withPlugin(): Promise<NodeWithData> {
  using stack = new DisposableStack();
  const made = stack.use(new NodeWithData());
  await made.node.build('one', { seq: 1, files: [file('opt/a', 'one')] });
  await install(made.node, 'one');
  await made.node.build('two', { seq: 2, files: [file('opt/a', 'two'), file('data/plugin', 'of two'), directory('data/new')] });
  await install(made.node, 'two');
  stack.move();
  return made;
}

void t.test('a release is not taken back while a mount is away to which it brought something new', rootOnly, async (t) => {
  using made = await withPlugin();
  const { node } = made;
  const why = '/data is not mounted now, and was when the release came';
  made.unmount();
  t.match((await readStatus(node)).waysBack.releases, [{ refusal: why }], 'which is told before anybody tries');
  t.match(await rollBack(node, {}, 'op-away'), { outcome: 'failed', message: `NO_WAY_BACK: 2.14.2 can't be taken back: ${why}` });
  t.equal(made.read('opt/a'), 'two', 'and nothing else is taken back');
  {
    using other = MountedDisk.make('ext4');
    using _instead = other.bindTo(made.at('data'));
    t.match((await readStatus(node)).waysBack.releases, [{ refusal: 'what was retained on /data is not there' }], 'another is none');
  }
  made.mount();
  {
    using other = MountedDisk.make('ext4');
    using _over = other.bindTo(made.at('data/new'));
    const message = "NO_WAY_BACK: 2.14.2 can't be taken back: /data/new is mounted now, and was not when the release came";
    t.match(await rollBack(node, {}, 'op-over'), { outcome: 'failed', message });
  }
  t.match((await readStatus(node)).waysBack.releases, [{ refusal: '' }]);
  rmSync(made.at('data/plugin'));
  t.match(await rollBack(node, {}, 'op-there'), { outcome: 'done' }, 'what was removed on a mount that is there keeps nobody from it');
  t.equal(made.read('opt/a'), 'one');
  t.strictSame(made.data(), [], 'nothing is left there');
});

void t.test('nor is one that an earlier agent retained, which left nothing on such a mount', rootOnly, async (t) => {
  using made = await withPlugin();
  const { node } = made;
  rmSync(made.at('data/.uvs-retained'), { recursive: true, force: true });
  const path = join(node.statePath, 'retained/index.json');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace(/"bases": \[[^\]]*\]/, '"bases": [""]'));
  made.unmount();
  t.match(await rollBack(node, {}, 'op-away'), {
    outcome: 'failed',
    message: /^NO_WAY_BACK: .*: \/data is not mounted now, and was when the/,
  });
  made.mount();
  t.match(await rollBack(node, {}, 'op-there'), { outcome: 'done' });
  t.strictSame(made.data(), []);
});
