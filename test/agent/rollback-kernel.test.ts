import { existsSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { rollback } from '../../agent/commands/rollback.ts';
import type { Ended } from '../../agent/ports.ts';
import { onDiskAct } from '../../common/disk-act.ts';
import type { EntrySpec } from '../../common/upd/writer.ts';
import { install } from '../support/install.ts';
import { memoryNode } from '../support/memory-node.ts';
import { snapshot } from '../support/tree-snapshot.ts';
import { file, remove, symlink, type TestNode } from '../support/update-node.ts';
import { patience } from '../support/patience.ts';

t.setTimeout(100_000 * patience);

const look = (node: TestNode): readonly string[] => snapshot(node.root, ['var/lib/uvs-agent', '.uvs-retained']);
const back = (node: TestNode): Promise<Ended> => rollback(node.console(), { noSlotReason: 'a test' }, new AbortController().signal);

const kernel = (release: string): EntrySpec[] => [
  file(`boot/vmlinuz-${release}`, `kernel ${release}`),
  file(`boot/initrd.img-${release}`, `initrd ${release}`),
  file(`boot/dtbs/${release}/board.dtb`, release),
  file(`usr/lib/modules/${release}/kernel/ext4.ko`, release),
];

/** A node with two releases; in a sandbox the kernel that runs is the one that the last release said it brings. */
async function withKernels(two: readonly EntrySpec[], running: '6.1' | '6.6'): Promise<TestNode> {
  const node = memoryNode();
  const one = [...kernel('6.1'), symlink('boot/vmlinuz', 'vmlinuz-6.1'), file('boot/vmlinuz-5.10', 'old')];
  await node.build('one', { seq: 1, files: [...one, file('boot/config.txt', '1')], brings: { kernel: '6.1' } });
  await node.build('two', { seq: 2, files: two, brings: running === '6.6' ? { kernel: '6.6' } : {} });
  for (const name of ['one', 'two']) t.equal((await install(node, name)).outcome, 'installed');
  return node;
}

const two = [...kernel('6.6'), symlink('boot/vmlinuz', 'vmlinuz-6.6')];

void t.test('a kernel that runs, its initrd, modules and device trees are not taken away with their release', async (t) => {
  for (const entry of kernel('6.6')) {
    using node = await withKernels([entry, symlink('boot/vmlinuz', 'vmlinuz-6.6')], '6.6');
    const before = look(node);
    t.match(await back(node), {
      outcome: 'failed',
      message: `PATH_FORBIDDEN: 2.14.2 can't be taken back: ${entry.path} would go with it, and the machine runs on it, or boots by it`,
    });
    t.strictSame(look(node), before, entry.path);
  }
});

void t.test('one that was brought and never booted goes again, its pointer first', async (t) => {
  using node = await withKernels(two, '6.1');
  t.equal((await back(node)).outcome, 'done');
  t.equal(readlinkSync(join(node.root, 'boot/vmlinuz')), 'vmlinuz-6.1');
  for (const { path } of kernel('6.6')) t.notOk(existsSync(join(node.root, path)), path);
});

void t.test('what would be pointed to, or may be what the machine boots by, stays', async (t) => {
  using pointed = await withKernels(two, '6.1');
  symlinkSync('vmlinuz-6.6', join(pointed.root, 'boot/vmlinuz.test'));
  t.match(await back(pointed), { outcome: 'failed', message: /^PATH_FORBIDDEN: .*boot\/vmlinuz-6\.6 would go with it/ });
  for (const path of [
    'boot/extlinux/extlinux.conf',
    'boot/efi/EFI/BOOT/BOOTAA64.EFI',
    'boot/grub/x.cfg',
    'boot/cmdline.txt',
    'usr/lib/libc.so.7',
  ]) {
    using node = await withKernels([file(path, 'x')], '6.1');
    t.match(await back(node), { outcome: 'failed', message: new RegExp(`^PATH_FORBIDDEN: .*: ${path} would go with it`) }, path);
  }
});

void t.test('pointers of the boot chain are put back last', async (t) => {
  using node = await withKernels([...kernel('6.6'), file('boot/config.txt', '2'), remove('boot/vmlinuz-5.10')], '6.1');
  const acts: string[] = [];
  {
    using _ = onDiskAct(({ kind, path }) => void acts.push(`${kind} ${path.slice(node.root.length + 1)}`));
    t.equal((await back(node)).outcome, 'done');
  }
  const order = acts.filter((act) => /^(?:link|rename) boot\//.test(act));
  t.strictSame(order.slice(0, 2), ['link boot/vmlinuz-5.10', 'rename boot/config.txt']);
});
