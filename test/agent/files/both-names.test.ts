import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { goBack } from '../../../agent/files/go-back.ts';
import type { Plan } from '../../../agent/files/plan.ts';
import { Staging } from '../../../agent/files/staging.ts';
import { Tree } from '../../../agent/files/tree.ts';
import { MountedDisk } from '../../support/mounted-disk.ts';

const needsRoot = process.getuid?.() === 0 ? false : 'needs root to mount file systems';

/** A commit of one file that replaces another and of one that is new, cut where of each rename both names are on the disk. */
async function goBackFromBothNames(root: string, isCopied: boolean, added: string) {
  mkdirSync(join(root, 'boot'));
  using staging = new Staging(root, 'op-1');
  staging.make('');
  writeFileSync(staging.newAddress('', 0), 'new kernel');
  writeFileSync(staging.oldAddress('', 0), 'old kernel');
  writeFileSync(join(root, 'boot/kernel'), 'new kernel');
  writeFileSync(staging.newAddress('', 1), 'added');
  writeFileSync(join(root, 'boot/added'), added);
  using tree = new Tree(root);
  const put = { kind: 'put', base: '' } as const;
  const plan: Plan = {
    actions: [
      { ...put, path: 'boot/kernel', index: 0, hasOriginal: true, ...(isCopied ? { isCopied: true as const } : {}) },
      { ...put, path: 'boot/added', index: 1, hasOriginal: false },
    ],
    left: [],
  };
  await goBack(tree, plan, staging, { pass: () => undefined });
  return { kernel: readFileSync(join(root, 'boot/kernel'), 'utf8'), hasAdded: existsSync(join(root, 'boot/added')) };
}

void t.test(
  'where a file system has no links, and a power cut left both names of a rename, all goes back',
  { skip: needsRoot },
  async (t) => {
    using disk = MountedDisk.make('exfat');
    t.strictSame(await goBackFromBothNames(disk.path, true, 'added'), { kernel: 'old kernel', hasAdded: false });
  },
);

void t.test('what somebody else has put there meanwhile stays, there too', { skip: needsRoot }, async (t) => {
  using disk = MountedDisk.make('exfat');
  t.match(await goBackFromBothNames(disk.path, true, 'of somebody else'), { hasAdded: true });
});

void t.test("where it has links both names are two files, of which only one is the agent's", async (t) => {
  t.match(await goBackFromBothNames(t.testdir(), false, 'added'), { hasAdded: true });
});
