import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readStatus } from '../../agent/commands/status.ts';
import { agentBounds } from '../../common/agent-bounds.ts';
import { install } from '../support/install.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(240_000 * patience);
const isRoot = process.getuid?.() === 0;

void t.test('what is refused before anything is staged leaves no trace', async (t) => {
  using node = new TestNode();
  await node.build('one', { seq: 5, files: [file('a', 'one')] });
  await install(node, 'one');
  const before = snapshot(node.root);
  const refused = async (name: string, message: RegExp): Promise<void> => {
    const ended = await install(node, name);
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
  t.match(await install(node, 'many'), { outcome: 'failed', message: /^PACKAGE_MALFORMED: .*more components or services/ });
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before);
  t.strictSame((await readStatus(node)).operations, []);
});

void t.test('a node takes no package that would bring it above the components that can be told to a coordinator', async (t) => {
  using node = new TestNode();
  const some = (from: number, to: number): Record<string, { epoch: number; releaseSeq: number }> =>
    Object.fromEntries(Array.from({ length: to - from }, (_none, index) => [`c${from + index}`, { epoch: 0, releaseSeq: 1 }]));
  await node.build('one', { seq: 1, files: [file('a', 'a')], components: some(0, 200) });
  t.equal((await install(node, 'one')).outcome, 'installed');
  const before = snapshot(node.root, ['var/lib/uvs-agent']);
  await node.build('more', { seq: 1, files: [file('b', 'b')], components: some(200, agentBounds.components + 1) });
  t.match(await install(node, 'more'), { outcome: 'failed', message: /^NO_SPACE: with this package the node would have 257 components/ });
  t.strictSame(snapshot(node.root, ['var/lib/uvs-agent']), before);
  await node.build('fits', { seq: 2, files: [file('b', 'b')], components: some(200, agentBounds.components) });
  t.equal((await install(node, 'fits')).outcome, 'installed');
  t.equal((await readStatus(node)).installed.components.length, agentBounds.components);
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
      t.match(await install(node, 'one'), { outcome: 'failed', message: /^NO_SPACE: .* MiB free and the release needs / });
      t.strictSame(snapshot(node.root), before);
      await node.build('two', { seq: 1, files: [file('small', 'fits')] });
      const ended = await install(node, 'two');
      t.equal(ended.outcome, 'installed');
      t.match(ended.outputTail, /WARNING: .*(from storage|page cache)/, 'a file system without a device is not called read back from one');
    } finally {
      execFileSync('umount', [node.root]);
    }
  },
);

void t.test(
  'a file system with too few inodes is refused before anything is staged',
  { skip: isRoot ? false : 'needs root to mount a small file system' },
  async (t) => {
    using node = new TestNode();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,nr_inodes=200', 'none', node.root]);
    try {
      mkdirSync(join(node.root, 'var/lib'), { recursive: true });
      await node.build('one', { seq: 1, files: Array.from({ length: 150 }, (_none, index) => file(`opt/${index}`, '')) });
      const before = snapshot(node.root);
      t.match(await install(node, 'one'), {
        outcome: 'failed',
        message: /^NO_SPACE: \S+ has 1\d\d free inodes and the release needs 21\d there/,
      });
      t.strictSame(snapshot(node.root), before);
    } finally {
      execFileSync('umount', [node.root]);
    }
  },
);
