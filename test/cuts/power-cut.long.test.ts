import t from 'tap';
import { cutScenes } from './cut-scenes.ts';
import { whyNoImages } from './disk-image.ts';
import { cutPower, type PowerCuts } from './power-cuts.ts';
import { Tally } from './verdicts.ts';

t.setTimeout(14_400_000);

for (const fileSystem of ['ext4', 'xfs'] as const) {
  for (const scene of cutScenes) {
    const isLong = scene.name === 'full' || scene.name === 'failing' || scene.way === 'rollback';
    const disks = { fileSystem, mounts: [] };
    const runs: readonly PowerCuts[] = [
      // every point, in two runs, which halves the memory that the copies take
      { ...disks, writeback: 'names-at-once', step: 2 },
      { ...disks, writeback: 'names-at-once', step: 2, from: 1 },
      { ...disks, writeback: 'only-synced', step: 3 },
      { ...disks, writeback: 'names-at-once', step: 20, from: 7, again: 6 },
      ...(isLong ? [{ fileSystem, mounts: ['var'], writeback: 'names-at-once', step: 2 } as const] : []),
      // with one disk alone each sync of the journal would make all names durable
      ...(scene.way === 'rollback' ? [{ fileSystem, mounts: ['var'], writeback: 'only-synced', step: 2, from: 1 } as const] : []),
    ];
    void t.test(
      `where the power of a disk with ${fileSystem} is cut in a ${scene.name} release, it recovers to exactly the old or exactly the new one`,
      { skip: whyNoImages() ?? false },
      async (t) => {
        const tally = new Tally();
        for (const run of runs) await cutPower(scene, run, tally);
        t.comment(`${fileSystem}, ${scene.name}: ${tally.summary}`);
        t.strictSame(tally.complaints, []);
        t.equal(tally.counts.mixed, 0);
        t.ok(tally.cuts > 200);
      },
    );
  }
}
