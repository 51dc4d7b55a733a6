import t from 'tap';
import { cutScenes } from './cut-scenes.ts';
import { whyNoImages } from './disk-image.ts';
import { fillAt, refuseSpace } from './full-disk.ts';
import { NodeCopies } from './node-copies.ts';
import { Tally } from './verdicts.ts';

t.setTimeout(14_400_000);
// one that fails meets a full disk below, where it goes back
const scenes = cutScenes.filter(({ name }) => name !== 'failing');

void t.test(
  'every act that a full disk refuses ends in the old or the new release, says NO_SPACE, and goes well once there is space',
  async (t) => {
    using copies = await NodeCopies.prepare();
    for (const scene of scenes) {
      const tally = new Tally();
      await refuseSpace(copies, scene, 1, tally);
      t.comment(`${scene.name}, refused once: ${tally.summary}`);
      t.strictSame(tally.complaints, []);
      t.ok(tally.cuts > 50);
    }
  },
);

void t.test(
  'a disk that is full from any act on, of blocks or of inodes, leaves the old or the new release',
  { skip: whyNoImages() ?? false },
  async (t) => {
    using copies = await NodeCopies.prepare();
    for (const scene of scenes) {
      const step = scene.way === 'rollback' ? 4 : 1;
      const fillings = [
        ['blocks', { step }],
        ['inodes', { step }],
        ['blocks', { step: 8, fileSystem: 'xfs' }],
      ] as const;
      for (const [what, how] of fillings) {
        const tally = new Tally();
        await fillAt(copies, scene, what, how, tally);
        t.comment(`${scene.name}, ${what} full${'fileSystem' in how ? ` on ${how.fileSystem}` : ''}: ${tally.summary}`);
        t.strictSame(tally.complaints, []);
        t.ok(tally.cuts > 50 / how.step);
      }
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
      for (const what of ['blocks', 'inodes'] as const) await fillAt(copies, scene, what, { step: 1, from: 'rmdir opt/app/old' }, tally);
    }
    t.comment(`going back: ${tally.summary}`);
    t.strictSame(tally.complaints, []);
    t.ok(tally.counts.old > 5);
  },
);
