import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { misalignmentOf } from '../../../agent/m2/observe.ts';

/** A disk with a partition, as /sys shows them: all devices are links there. @returns the link of the partition, and of the disk */
function links(t: Test, { start, physical }: { start: number; physical: number }) {
  const root = t.testdir({
    devices: {
      nvme0n1: {
        alignment_offset: '0\n',
        queue: { logical_block_size: '512\n', physical_block_size: `${physical}\n`, optimal_io_size: '0\n' },
        nvme0n1p1: { start: `${start}\n` },
      },
    },
    dev: { block: {} },
  });
  const link = (device: string, to: string): string => {
    const at = join(root, 'dev/block', device);
    symlinkSync(join('../../devices', to), at);
    return at;
  };
  return { partition: link('259:1', 'nvme0n1/nvme0n1p1'), disk: link('259:0', 'nvme0n1') };
}

void t.test('a partition that is mounted is held against the units of the disk that it is on', async (t) => {
  const off = /^begins at byte 1049088, which is 512 bytes off the disk's physical sector of 4096 bytes/;
  t.match(await misalignmentOf(links(t, { start: 2049, physical: 4096 }).partition), off);
  t.equal(await misalignmentOf(links(t, { start: 2048, physical: 4096 }).partition), '');
  t.equal(await misalignmentOf(links(t, { start: 2049, physical: 512 }).partition), '');
  t.equal(
    await misalignmentOf(links(t, { start: 2049, physical: 4096 }).disk),
    '',
    'a file system without a partition begins with the disk',
  );
});
