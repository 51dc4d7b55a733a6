import t from 'tap';
import { cutScenes } from './cut-scenes.ts';
import { whyNoImages } from './disk-image.ts';
import { cutPower, type PowerCuts } from './power-cuts.ts';
import { Tally } from './verdicts.ts';

t.setTimeout(1_200_000);

/** The whole of what this samples is power-cut.long.test.ts: make cuts. */
const samples: readonly (PowerCuts & { readonly scene: string })[] = [
  { scene: 'full', fileSystem: 'ext4', mounts: [], writeback: 'names-at-once', step: 23, again: 40 },
  { scene: 'full', fileSystem: 'xfs', mounts: [], writeback: 'only-synced', step: 25 },
  // with one disk alone each sync of the journal would make all names durable
  { scene: 'taken back', fileSystem: 'ext4', mounts: ['var'], writeback: 'only-synced', step: 9, from: 4 },
  { scene: 'failing', fileSystem: 'ext4', mounts: ['var'], writeback: 'names-at-once', step: 21 },
];

void t.test(
  'where the power is cut, what had reached the disk recovers to exactly the old or exactly the new release',
  { skip: whyNoImages() ?? false },
  async (t) => {
    const tally = new Tally();
    for (const { scene: name, ...how } of samples) {
      for (const scene of cutScenes.filter((one) => one.name === name)) await cutPower(scene, how, tally);
    }
    t.comment(tally.summary);
    t.strictSame(tally.complaints, []);
    t.equal(tally.counts.mixed, 0);
    t.ok(tally.counts.old > 0 && tally.counts.new > 0 && tally.cuts > 20);
  },
);
