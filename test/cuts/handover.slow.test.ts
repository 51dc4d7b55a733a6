import t from 'tap';
import { whyNoImages } from './disk-image.ts';
import { cutPowerAtHandover, killAtHandover } from './handover-cuts.ts';
import { fillAtHandover } from './handover-full-disk.ts';
import { HandoverNode, handoverScenes } from './handover-scene.ts';
import { notPassed } from './named-points.ts';
import { Tally } from './verdicts.ts';

t.setTimeout(1_200_000);

/** The whole of what this samples is handover.long.test.ts: make cuts. */
void t.test('killed at acts of a release that brings another agent, a node is exactly old or exactly new once it is up', async (t) => {
  using scenes = await HandoverNode.prepare();
  const tally = new Tally();
  const twice = new Tally();
  const passed = new Set<string>();
  for (const scene of handoverScenes) {
    for (const point of await killAtHandover(scenes, scene, { step: 50 }, tally)) passed.add(point.replace(/^\S+: /u, ''));
    await killAtHandover(scenes, scene, { step: 200, from: 150 }, twice, { step: 40, from: 5 });
  }
  t.comment(tally.summary);
  t.comment(`killed again when it comes up: ${twice.summary}`);
  t.strictSame([...tally.complaints, ...twice.complaints], []);
  t.ok(tally.counts.old > 0 && tally.counts.new > 0 && tally.cuts > 10 && twice.cuts > 2);
  t.strictSame(notPassed('handover', passed), [], 'each named failpoint is one of the points');
});

void t.test(
  'where the power is cut while a release brings another agent, what had reached the disk comes up as exactly old or exactly new',
  { skip: whyNoImages() ?? false },
  async (t) => {
    using scenes = await HandoverNode.prepare();
    const tally = new Tally();
    for (const scene of handoverScenes) await cutPowerAtHandover(scenes, scene, 'ext4', { step: 60, from: 25 }, tally);
    t.comment(tally.summary);
    t.strictSame(tally.complaints, []);
    t.ok(tally.counts.old > 0 && tally.counts.new > 0 && tally.cuts > 6);
  },
);

void t.test(
  'a disk that is full from an act on of a release that brings another agent, of blocks or of inodes, leaves exactly old or exactly new',
  { skip: whyNoImages() ?? false },
  async (t) => {
    using scenes = await HandoverNode.prepare();
    const tally = new Tally();
    for (const scene of handoverScenes) {
      await fillAtHandover(scenes, scene, { what: 'blocks', step: 180, from: 110 }, tally);
      if (scene.endsNew) await fillAtHandover(scenes, scene, { what: 'inodes', step: 180, from: 150 }, tally);
    }
    t.comment(tally.summary);
    t.strictSame(tally.complaints, []);
    t.ok(tally.counts.old > 0 && tally.counts.new > 0 && tally.cuts > 4);
  },
);
