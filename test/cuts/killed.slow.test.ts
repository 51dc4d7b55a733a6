import t from 'tap';
import { install } from '../support/install.ts';
import { cutScenes } from './cut-scenes.ts';
import { freezeAtEach } from './frozen-trees.ts';
import { killAt, killTwiceAt } from './kill-at-points.ts';
import { KilledAgent } from './killed-agent.ts';
import { notPassed } from './named-points.ts';
import { NodeCopies } from './node-copies.ts';
import { judgeRoot, Tally } from './verdicts.ts';

t.setTimeout(1_200_000);

/** The whole of what this samples is killed.long.test.ts: make cuts. */
void t.test(
  'killed at acts of every kind of release, and of its recovery, a node is exactly old or exactly new once recovered',
  async (t) => {
    using killed = await KilledAgent.prepare();
    const passed = new Set<string>();
    const tally = new Tally();
    const twice = new Tally();
    for (const scene of cutScenes) {
      const traced = await killed.trace(scene);
      for (const point of traced.points) passed.add(point);
      await killAt(killed, scene, traced, 20, tally);
      // in the middle of the commit, and once it is over
      if (scene.name === 'full') await killTwiceAt(killed, scene, traced.sides, ['half-of-files-renamed', 'post-task-ran'], 24, twice);
    }
    t.comment(tally.summary);
    t.comment(`with the recovery killed as well: ${twice.summary}`);
    t.strictSame([...tally.complaints, ...twice.complaints], []);
    t.equal(tally.counts.mixed + twice.counts.mixed, 0);
    for (const { counts } of [tally, twice]) t.ok(counts.old > 0 && counts.new > 0);
    t.ok(tally.cuts > 30, `${tally.cuts} cuts`);
    t.strictSame(notPassed('update', passed), [], 'each named failpoint is one of the points');
  },
);

void t.test('stopped at every act of a release a node is exactly old or exactly new once recovered', async (t) => {
  using copies = await NodeCopies.prepare();
  const tally = new Tally();
  for (const scene of cutScenes.filter(({ name }) => name === 'partial')) await freezeAtEach(copies, scene, tally);
  t.comment(tally.summary);
  t.strictSame(tally.complaints, []);
  t.equal(tally.counts.mixed, 0);
  t.ok(tally.counts.old > 0 && tally.counts.new > 0 && tally.cuts > 100);
});

void t.test('a node that was killed in the middle of a commit takes the release once it has recovered', async (t) => {
  using killed = await KilledAgent.prepare();
  const [scene] = cutScenes;
  if (scene === undefined) throw new Error('there are no scenes');
  const { sides } = await killed.trace(scene);
  await killed.killAndRecover(scene, 'half-of-files-renamed', async (root) => {
    t.strictSame(await judgeRoot(root, sides), { side: 'old', complaints: [] });
    t.equal((await install(killed.node, scene.package, root)).outcome, 'installed');
    t.strictSame(await judgeRoot(root, sides), { side: 'new', complaints: [] });
  });
});
