import t from 'tap';
import type { Core } from '../../../coordinator/core.ts';
import type { Plan } from '../../../coordinator/rollout-view.ts';
import type { RolloutSpec } from '../../../coordinator/domain.ts';
import { enrolEight, FakeFleet, operator, specOf, startCoordinator, uids, untilLeader, wipe } from '../../support/cluster.ts';
import { startEtcd } from '../../support/etcd.ts';
import { eventually } from '../../support/eventually.ts';

const etcd = await startEtcd();
t.teardown(() => etcd[Symbol.asyncDispose]());
t.afterEach(() => wipe(etcd));

/** The nodes of each wave, as whoever reads the plan takes it: they stand in the order of its steps. */
function nodesOfWaves({ waves, steps }: Plan): readonly (readonly string[])[] {
  const going = steps.filter(({ skipReason }) => skipReason === undefined).map(({ node }) => node.uid);
  let from = 0;
  return waves.map(({ nodes }) => going.slice(from, (from += nodes)));
}

/** Plans, runs, and tells what was planned. */
async function planAndRun(core: Core, spec: RolloutSpec): Promise<Plan> {
  const planned = await core.rollouts.plan(spec);
  const { plan } = await core.rollouts.create(spec, operator, '');
  await eventually('it has succeeded', async () => (await core.rollouts.get(plan.id)).state.state === 'succeeded');
  return planned;
}

const hurry = { mode: 'parallel', reason: 'a test' } as const;
const canary = { nodes: ['demo158', 'demo155'], count: 0, soakMs: 300, needsApproval: false };
const wishes: readonly {
  readonly what: string;
  readonly spec: RolloutSpec;
  readonly waves: readonly (readonly [string, number, number])[];
}[] = [
  {
    what: 'rolling',
    spec: specOf(),
    waves: [
      ['mon', 3, 1],
      ['osd', 4, 1],
      ['mds', 1, 1],
    ],
  },
  {
    what: 'rolling, after canaries',
    spec: specOf({ canary }),
    waves: [
      ['canary', 2, 1],
      ['mon', 3, 1],
      ['osd', 3, 1],
    ],
  },
  {
    what: 'parallel, after canaries',
    spec: specOf({ ...hurry, budget: 3, canary }),
    waves: [
      ['canary', 2, 2],
      ['all', 6, 3],
    ],
  },
];

for (const { what, spec, waves } of wishes) {
  void t.test(`the waves of a plan are those in which the nodes are disturbed: ${what}`, async (t) => {
    using fleet = new FakeFleet(uids);
    // long enough that those that may go at once do
    for (const agent of fleet.agents.values()) agent.behaviour.actMs = spec.mode === 'parallel' ? 200 : 20;
    await using c1 = await startCoordinator(etcd, fleet, 'c1');
    const core = await untilLeader(c1);
    await enrolEight(core);
    const planned = await planAndRun(core, spec);
    t.same(
      planned.waves.map(({ name, nodes, atOnce }) => [name, nodes, atOnce]),
      waves,
    );
    const happened = fleet.disturbances.toSorted((left, right) => left.fromMs - right.fromMs);
    t.equal(happened.length, 8, 'each node once');
    let untilMs = 0;
    for (const [index, uidsOfWave] of nodesOfWaves(planned).entries()) {
      const { name, atOnce, soakMs } = planned.waves[index] ?? { name: '', atOnce: 0, soakMs: 0 };
      const inWave = happened.splice(0, uidsOfWave.length);
      const begun = inWave.map(({ uid }) => uid);
      if (atOnce === 1) t.same(begun, uidsOfWave, `${name}: in the order of the steps`);
      else t.same(new Set(begun), new Set(uidsOfWave), `${name}: these nodes, and no others before them`);
      t.ok((inWave[0]?.fromMs ?? 0) >= untilMs, `${name}: not before the wave ahead of it was over and had soaked`);
      const most = Math.max(...inWave.map(({ fromMs }) => inWave.filter((other) => other.fromMs <= fromMs && other.toMs > fromMs).length));
      if (name === 'all') t.ok(most > 1 && most <= atOnce, `${name}: ${most} of at most ${atOnce} at once`);
      else t.ok(most >= 1 && most <= atOnce, `${name}: ${most} of at most ${atOnce} at once`);
      untilMs = Math.max(...inWave.map(({ toMs }) => toMs)) + soakMs;
    }
  });
}

void t.test('a plan reckons what staging takes at the rate that is set, and knows nothing where none is', async (t) => {
  using fleet = new FakeFleet(uids);
  {
    await using c1 = await startCoordinator(etcd, fleet, 'c1', { timings: { serveBytesPerSecond: 2_000 } });
    const core = await untilLeader(c1);
    await enrolEight(core);
    t.match(await core.rollouts.plan(specOf()), { fetchBytes: 8_000, serveBytesPerSecond: 2_000, stagingMs: 4_000 });
  }
  await using c2 = await startCoordinator(etcd, fleet, 'c2');
  const core = await untilLeader(c2);
  const unlimited = await core.rollouts.plan(specOf());
  t.equal(unlimited.serveBytesPerSecond, undefined);
  t.equal(unlimited.stagingMs, undefined);
});
