import t from 'tap';
import { cutScenes } from './cut-scenes.ts';
import { killAt, killTwiceAt, spread } from './kill-at-points.ts';
import { KilledAgent } from './killed-agent.ts';
import { Tally } from './verdicts.ts';

t.setTimeout(14_400_000);

/** In the middle of the commit, from where a recovery goes back, and once it is over, from where it goes on: these recoveries are killed at every act. */
const middles = new Map([
  ['full', ['half-of-files-renamed', 'post-task-ran']],
  ['taken back', ['half-of-files-renamed', 'post-recorded']],
]);

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

for (const scene of cutScenes.filter(({ name }) => middles.has(name))) {
  void t.test(
    `killed at every act of a recovery, from the middle and the end of a ${scene.name} release, a node goes the way that it went before`,
    async (t) => {
      using killed = await KilledAgent.prepare();
      const { points, sides } = await killed.trace(scene);
      const first = points.filter((point) => middles.get(scene.name)?.includes(point));
      const twice = new Tally();
      await killTwiceAt(killed, scene, sides, first, 1, twice);
      t.comment(`${scene.name}, at every act of the recovery from ${first.join(' and ')}: ${twice.summary}`);
      t.strictSame(twice.complaints, []);
      t.equal(first.length, 2);
      t.ok(twice.counts.old > 50 && twice.counts.new > 50);
    },
  );
}
