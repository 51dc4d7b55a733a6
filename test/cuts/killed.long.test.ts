import t from 'tap';
import { cutScenes } from './cut-scenes.ts';
import { killAt, killTwiceAt, spread } from './kill-at-points.ts';
import { KilledAgent } from './killed-agent.ts';
import { Tally } from './verdicts.ts';

t.setTimeout(14_400_000);

for (const scene of cutScenes) {
  void t.test(
    `killed at every act of a ${scene.name} release, and of recoveries, a node is exactly old or exactly new once recovered`,
    async (t) => {
      using killed = await KilledAgent.prepare();
      const traced = await killed.trace(scene);
      const tally = new Tally();
      await killAt(killed, scene, traced, 1, tally);
      t.comment(`${scene.name}: ${tally.summary}`);
      const twice = new Tally();
      await killTwiceAt(killed, scene, traced.sides, spread(traced.points, 20), 3, twice);
      t.comment(`${scene.name}, with the recovery killed as well: ${twice.summary}`);
      t.strictSame([...tally.complaints, ...twice.complaints], []);
      t.equal(tally.counts.mixed + twice.counts.mixed, 0);
      t.ok(tally.cuts > 100 && twice.cuts >= 50);
    },
  );
}
