import t from 'tap';
import { cutScenes } from './cut-scenes.ts';
import { whyNoImages } from './disk-image.ts';
import { fillAt, refuseSpace } from './full-disk.ts';
import { NodeCopies } from './node-copies.ts';
import { Tally } from './verdicts.ts';

t.setTimeout(1_200_000);
const scenes = cutScenes.filter(({ name }) => name === 'full' || name === 'taken back');

/** The whole of what this samples is full-disk.long.test.ts: make cuts. */
void t.test(
  'an act that a full disk refuses ends in the old or the new release, says NO_SPACE, and goes well once there is space',
  async (t) => {
    using copies = await NodeCopies.prepare();
    const tally = new Tally();
    for (const scene of scenes) await refuseSpace(copies, scene, 24, tally);
    t.comment(`refused once: ${tally.summary}`);
    t.strictSame(tally.complaints, []);
    t.ok(tally.counts.old > 3 && tally.counts.new > 3);
  },
);

void t.test(
  'a disk that is full from an act on, of blocks or of inodes, leaves the old or the new release',
  { skip: whyNoImages() ?? false },
  async (t) => {
    using copies = await NodeCopies.prepare();
    for (const [what, step] of [
      ['blocks', 50],
      ['inodes', 90],
    ] as const) {
      const tally = new Tally();
      for (const scene of scenes) await fillAt(copies, scene, what, { step }, tally);
      t.comment(`${what} full: ${tally.summary}`);
      t.strictSame(tally.complaints, []);
      t.ok(tally.counts.old > 0 && tally.counts.new > 0 && tally.cuts > 3);
    }
  },
);

void t.test(
  'a release goes back on a disk that has become full since it removed files and directories',
  { skip: whyNoImages() ?? false },
  async (t) => {
    using copies = await NodeCopies.prepare();
    const tally = new Tally();
    for (const scene of cutScenes.filter(({ name }) => name === 'failing')) {
      for (const what of ['blocks', 'inodes'] as const) await fillAt(copies, scene, what, { step: 20, from: 'rmdir opt/app/old' }, tally);
    }
    t.comment(`going back: ${tally.summary}`);
    t.strictSame(tally.complaints, []);
    t.ok(tally.counts.old > 3);
  },
);
