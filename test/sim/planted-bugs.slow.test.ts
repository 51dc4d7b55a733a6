import { availableParallelism } from 'node:os';
import t from 'tap';
import { Crew } from './crew.ts';
import { planOf } from './plan-of.ts';
import { planText, readPlan } from './plan-text.ts';
import { plantedBugs, type Edit } from './planted-bugs.ts';
import { runSeeds } from './seeds.ts';
import { shrink } from './shrink.ts';

t.setTimeout(1_100_000);
const MOST_SEEDS = 1_000;
/** What is shrunk. */
const shrunk: keyof typeof plantedBugs = 'the token is not compared';

/** Runs seeds until one breaks a promise. */
async function firstBroken(planted: readonly Edit[]): Promise<{ readonly seed: string; readonly sentence: string } | undefined> {
  await using crew = new Crew(planted, 1);
  let first: { readonly seed: string; readonly sentence: string } | undefined;
  await runSeeds(crew, { from: 1, count: MOST_SEEDS }, (seed, { broken }) => {
    if (broken !== undefined) first = { seed, sentence: `${broken.promise}: ${broken.sentence}` };
    return first !== undefined;
  });
  return first;
}

void t.test(`each planted bug breaks a promise within ${MOST_SEEDS} seeds`, { jobs: availableParallelism() }, async (t) => {
  for (const [name, planted] of Object.entries(plantedBugs)) {
    void t.test(name, async (t) => {
      const found = await firstBroken(planted);
      t.ok(found, `seed ${found?.seed ?? ''}: ${found?.sentence ?? ''}`);
      t.comment(`${name}: found by seed ${found?.seed ?? ''}`);
    });
  }
});

void t.test('what breaks a promise runs the same way again, and so does what little of it is needed', async (t) => {
  const planted = plantedBugs[shrunk] ?? [];
  const found = await firstBroken(planted);
  t.ok(found);
  const plan = planOf(found?.seed ?? '');
  await using crew = new Crew(planted);
  const [one, other] = await Promise.all([crew.run(plan), crew.run(plan)]);
  t.equal(one.trace, other.trace, 'in two threads');
  const smaller = await shrink((attempt) => crew.run(attempt), plan, one);
  t.ok(smaller.plan.faults.length + smaller.plan.wishes.length < plan.faults.length + plan.wishes.length, planText(smaller.plan));
  const again = await crew.run(readPlan(planText(smaller.plan)));
  t.equal(again.trace, smaller.outcome.trace, 'as it was printed');
  t.equal(again.broken?.promise, one.broken?.promise);
  await using sound = new Crew([], 1);
  t.equal((await sound.run(smaller.plan)).broken, undefined, 'without the bug nothing is broken');
});
