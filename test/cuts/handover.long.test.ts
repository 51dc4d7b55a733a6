import t from 'tap';
import { whyNoImages } from './disk-image.ts';
import { cutPowerAtHandover, killAtHandover } from './handover-cuts.ts';
import { fillAtHandover } from './handover-full-disk.ts';
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
        const twice = new Tally();
        await cutPowerAtHandover(scenes, scene, fileSystem, { step: 40, from: 20 }, twice, { step: 12, from: 3 });
        t.comment(`${scene.name}, ${fileSystem}, cut off again when it comes up: ${twice.summary}`);
        t.strictSame([...tally.complaints, ...twice.complaints], []);
        t.ok(tally.cuts > 200 && twice.cuts >= 20);
      },
    );
  }

  // a run of both agents for each of them: every point meets one of the two, and of the release that fails every fourth does
  const step = scene.endsNew ? 2 : 8;
  const fillings = [
    { what: 'blocks', step },
    { what: 'inodes', step, from: step / 2 },
    { what: 'blocks', step: step * 10, from: 1, fileSystem: 'xfs' },
  ] as const;
  void t.test(
    `a disk that is full from any act on of a release that is ${scene.name}, of blocks or of inodes, leaves exactly old or exactly new`,
    { skip: whyNoImages() ?? false },
    async (t) => {
      using scenes = await HandoverNode.prepare();
      for (const how of fillings) {
        const tally = new Tally();
        await fillAtHandover(scenes, scene, how, tally);
        t.comment(`${scene.name}, ${how.what} full${'fileSystem' in how ? ` on ${how.fileSystem}` : ''}: ${tally.summary}`);
        t.strictSame(tally.complaints, []);
        t.ok(tally.cuts > 300 / how.step);
      }
    },
  );
}
