import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { apply } from '../../agent/commands/apply.ts';
import { consolePorts, recoverySetup, type ConsoleNode } from '../../agent/commands/console.ts';
import { recover, recoverFiles } from '../../agent/commands/recover.ts';
import { readStatus } from '../../agent/commands/status.ts';
import type { PackageOrigin, Services } from '../../agent/ports.ts';
import { Runner } from '../../agent/runner.ts';
import { sampleToken } from '../support/sample-node.ts';
import { buildSampleReleases } from '../support/sample-releases.ts';
import { runOperation } from '../support/run-operation.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { bundleChild, file, runChild, task, TASK_LOG, TestNode } from '../support/update-node.ts';
import { fakeServices } from '../support/fake-services.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);
const never = new AbortController().signal;
const isRoot = process.getuid?.() === 0;
const ignored = ['var/lib/uvs-agent', TASK_LOG, '.uvs-staging'];

const noOrigin: PackageOrigin = {
  open: () => Promise.reject(new Error('nothing is fetched')),
  contentKey: () => Promise.reject(new Error('nothing is fetched')),
};

/** Services that only a booted node has: asking for one hangs as systemctl does in the early boot. */
function servicesOf(active: Set<string>, calls: string[]): Services {
  return fakeServices({
    reload: () => {
      calls.push('reload');
      return Promise.resolve();
    },
    isActive: (unit) => Promise.resolve(active.has(unit)),
    stop: (unit) => {
      calls.push(`stop ${unit}`);
      active.delete(unit);
      return Promise.resolve();
    },
    start: (unit) => {
      calls.push(`start ${unit}`);
      active.add(unit);
      return Promise.resolve();
    },
  });
}

/** Without the number of links, which counts the originals in the staging area too. */
function filesOf(root: string): readonly string[] {
  return snapshot(root, ignored).map((line) => line.replace(/ links \d+/, ''));
}

async function installedNode(): Promise<{ node: TestNode; program: string }> {
  const node = new TestNode();
  await buildSampleReleases(node);
  const program = await bundleChild(node.directory);
  await apply(node.console(), { file: node.packagePath('one'), noSlotReason: 'a test' }, never);
  return { node, program };
}

void t.test('at boot only files go back, without a root file; what is left is done once the node is up', async (t) => {
  const { node: created, program } = await installedNode();
  using node = created;
  const before = filesOf(node.root);
  for (const point of ['half-of-files-renamed', 'starting-recorded', 'back-half-restored'] as const) {
    const name = point === 'back-half-restored' ? 'bad' : 'two';
    const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath(name), dieAt: point } as const;
    t.equal((await runChild(program, order)).signal, 'SIGKILL', point);
    t.not(filesOf(node.root).join('\n'), before.join('\n'), 'something is new');
    const operations = await recoverFiles({ ...node.console(), rootFile: '/nonexistent' });
    t.equal(operations.length, 1);
    t.strictSame(filesOf(node.root), before);
    t.match((await readStatus(node)).operations, [{ phase: 'back' }], 'it is not over');
    t.strictSame(await recoverFiles(node.console()), operations, 'another boot changes nothing');
    t.match(await recover(node.console()), [{ outcome: 'rolled-back' }]);
    t.strictSame(filesOf(node.root), before);
    t.notOk(existsSync(join(node.root, '.uvs-staging')));
  }
  for (const point of ['everything-staged', 'pre-recorded', 'post-recorded'] as const) {
    const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('two'), dieAt: point } as const;
    await runChild(program, order);
    const log = existsSync(join(node.root, TASK_LOG)) ? readFileSync(join(node.root, TASK_LOG), 'utf8') : '';
    t.strictSame(await recoverFiles(node.console()), [], `${point}: no file is between old and new`);
    t.equal(existsSync(join(node.root, TASK_LOG)) ? readFileSync(join(node.root, TASK_LOG), 'utf8') : '', log, 'and no task is run');
    await recover(node.console());
  }
});

void t.test('a recovery that cannot reach the originals does not say that they are back', { skip: !isRoot && 'needs mount' }, async (t) => {
  using node = new TestNode();
  const other = join(node.root, 'm2');
  execFileSync('mkdir', ['-p', other]);
  const disk = join(node.directory, 'disk');
  execFileSync('mkdir', ['-p', disk]);
  const mount = (): unknown => execFileSync('mount', ['--bind', disk, other]);
  const unmount = (): unknown => execFileSync('umount', [other]);
  const program = await bundleChild(node.directory);
  mount();
  try {
    const files = (content: string) => [file('a', content), file('m2/b', content), file('m2/c', content)];
    await node.build('one', { seq: 1, files: files('old') });
    await node.build('two', { seq: 2, files: files('new') });
    await apply(node.console(), { file: node.packagePath('one'), noSlotReason: 'a test' }, never);
    const before = snapshot(node.root, ignored);
    for (const recovering of [recoverFiles, recover] as readonly ((node: ConsoleNode) => Promise<unknown>)[]) {
      const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('two') } as const;
      await runChild(program, { ...order, dieAt: 'files-renamed' });
      unmount();
      await t.rejects(recovering(node.console()), {
        reason: 'NOT_FOUND',
        message: /^\/m2 is not mounted now, and was when op-/,
        hint: /Mount/,
      });
      t.notOk(existsSync(join(other, '.uvs-staging')), 'nothing is made below the mount point');
      mount();
      await recovering(node.console());
      await recover(node.console());
      t.strictSame(snapshot(node.root, [...ignored, 'm2/.uvs-staging']), before);
    }
    const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('two') } as const;
    await runChild(program, { ...order, dieAt: 'files-renamed' });
    renameSync(join(disk, '.uvs-staging'), join(disk, 'lost'));
    const [open] = (await readStatus(node)).operations;
    const accepted = { operation: open?.operation ?? '', reason: '', isMixed: false };
    t.match(await recover(node.console(), accepted), [{ outcome: 'needs-operator' }], 'an operator can give it up');
    t.match(await recover(node.console(), accepted), [{ outcome: 'failed' }]);
    t.strictSame((await readStatus(node)).operations, []);
  } finally {
    unmount();
  }
});

void t.test('a task that failed is not run again because the agent died before it could write down what follows', async (t) => {
  using node = new TestNode();
  const program = await bundleChild(node.directory);
  const script = `echo ran >> "$UVS_ROOT/${TASK_LOG}"; [ "$(wc -l < "$UVS_ROOT/${TASK_LOG}")" -gt 1 ]`;
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('post', 'once', script, { idempotent: false })] });
  const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('one') } as const;
  await runChild(program, { ...order, dieAt: 'post-task-end-recorded' });
  t.match(await recover(node.console()), [{ outcome: 'rolled-back', message: /^TASK_FAILED: task once failed/ }]);
  t.equal(readFileSync(join(node.root, TASK_LOG), 'utf8'), 'ran\n');
  t.notOk(existsSync(join(node.root, 'a')));
});

void t.test('an operation that an operator accepted stays to be reported as failed, with its token, until it was heard', async (t) => {
  using node = new TestNode();
  const program = await bundleChild(node.directory);
  await node.build('one', { seq: 1, files: [file('a', 'a')], tasks: [task('post', 'once', 'true', { idempotent: false })] });
  const order = { root: node.root, rootFile: node.rootFile, command: 'apply', file: node.packagePath('one'), hasSlots: true } as const;
  t.equal((await runChild(program, { ...order, dieAt: 'post-task-recorded' })).signal, 'SIGKILL');
  const [needing] = await recover(node.console());
  t.match(needing, { outcome: 'needs-operator', token: sampleToken });
  const operation = needing?.operation ?? '';
  const ended = {
    operation,
    outcome: 'failed',
    token: sampleToken,
    message: /an operator accepted the node as it is: every file is as 2\.14\.1 brings it, which is installed now, after NEEDS_OPERATOR: /,
  };
  t.match(await recover(node.console(), { operation, reason: '', isMixed: false }), [ended]);
  t.match(await recover(node.console()), [ended], 'nobody has heard of it yet');
  t.notOk(existsSync(join(node.root, '.uvs-staging')), 'the originals are gone');

  await using runner = await Runner.open(recoverySetup(node.console()), consolePorts(node.console()), 'test');
  t.match(await runner.openOperations(), [{ operation, phase: 'failed', token: sampleToken, ended }]);
  const request = { operation, packageDigest: '', origin: noOrigin, slots: undefined };
  t.match(await runner.runOperation(request, never), ended, 'asked again it says the same');
  await runner.acknowledge(operation);
  t.strictSame(await runner.openOperations(), []);
  t.match(await runner.runOperation(request, never), ended, 'also from its history');
  t.match((await runner.installed()).components, [{ version: '2.14.1' }], 'the release is there');
});

void t.test('a service that dies after its start takes the node back', async (t) => {
  using node = new TestNode();
  const active = new Set(['x.service']);
  const services = servicesOf(active, []);
  await node.build('one', { seq: 1, files: [file('a', 'a')], services: ['x.service'], tasks: [task('cleanup', 'later', 'true')] });
  const dies = { pass: (point: string) => void (point === 'cleanup-task-ran' && active.delete('x.service')) };
  const ended = await runOperation(node, 'one', { services, failpoints: dies });
  t.match(ended, { outcome: 'rolled-back', message: /^SERVICE_FAILED: x.service ran after its start/ });
  t.ok(active.has('x.service'), 'it runs on the old release');
  const restarting = { ...services, isRunning: () => Promise.resolve(false) };
  t.match(
    await runOperation(node, 'one', { services: restarting }, 'op-2'),
    { message: /^SERVICE_FAILED: / },
    'one that is started over and over',
  );
});

void t.test('services that ran before a reboot in the middle of the tasks run again before those go on', async (t) => {
  using node = new TestNode();
  const calls: string[] = [];
  const services = servicesOf(new Set(['x.service']), calls);
  const script = `echo ran >> "$UVS_ROOT/${TASK_LOG}"`;
  await node.build('one', { seq: 1, files: [file('a', 'a')], services: ['x.service'], tasks: [task('post', 'post', script)] });
  const cut = new Error('the power is cut');
  const failpoints = {
    pass: (point: string) => {
      if (point === 'post-recorded') throw cut;
    },
  };
  await t.rejects(runOperation(node, 'one', { services, failpoints }), cut);
  const rebooted: string[] = [];
  const ports = { ...consolePorts(node.console()), services: servicesOf(new Set(), rebooted) };
  await using runner = await Runner.open(recoverySetup(node.console()), ports, 'test');
  t.match(await runner.recover({ abandon: false }), [{ outcome: 'installed' }]);
  t.strictSame(rebooted, ['reload', 'start x.service']);
});
