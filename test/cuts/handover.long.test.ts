import t from 'tap';
import { whyNoImages } from './disk-image.ts';
import { cutPowerAtHandover, killAtHandover } from './handover-cuts.ts';
import { HandoverNode, handoverScenes } from './handover-scene.ts';
import { Tally } from './verdicts.ts';

t.setTimeout(14_400_000);

for (const scene of handoverScenes) {
  void t.test(`killed at every act of a release that is ${scene.name}, a node is exactly old or exactly new once it is up`, async (t) => {
    using scenes = await HandoverNode.prepare();
    const tally = new Tally();
    await killAtHandover(scenes, scene, { step: 1 }, tally);
    t.comment(`${scene.name}: ${tally.summary}`);
    const twice = new Tally();
    await killAtHandover(scenes, scene, { step: 30, from: 10 }, twice, { step: 10, from: 3 });
    t.comment(`${scene.name}, killed again when it comes up: ${twice.summary}`);
    t.strictSame([...tally.complaints, ...twice.complaints], []);
    t.ok(tally.cuts > 200 && twice.cuts >= 20);
  });

  for (const fileSystem of ['ext4', 'xfs'] as const) {
    void t.test(
      `where the power of a disk with ${fileSystem} is cut in a release that is ${scene.name}, it comes up as exactly old or exactly new`,
      { skip: whyNoImages() ?? false },
      async (t) => {
        using scenes = await HandoverNode.prepare();
        const tally = new Tally();
        for (const from of [0, 1]) await cutPowerAtHandover(scenes, scene, fileSystem, { step: 2, from }, tally);
        t.comment(`${scene.name}, ${fileSystem}: ${tally.summary}`);
        t.strictSame(tally.complaints, []);
        t.ok(tally.cuts > 200);
      },
    );
  }
}
