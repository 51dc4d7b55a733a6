/**
 * `make sim`: SEEDS simulated clusters, from the seed FROM on, each with the real coordinators and agents under faults that its seed
 * decides. Prints the figures; of a seed that breaks a promise the sentence and what little of its plan is needed for it. SEED=… tells the
 * story of one, PLAN='…' that of a plan that was printed. BUG='…' plants a bug first. Exits 1 where a promise was broken.
 */
import { parseArgs } from 'node:util';
import { Crew } from './crew.ts';
import type { Plan } from './plan.ts';
import { planOf } from './plan-of.ts';
import { planText, readPlan } from './plan-text.ts';
import { plantedBugs } from './planted-bugs.ts';
import { runSeeds } from './seeds.ts';
import { shrink } from './shrink.ts';
import type { Outcome } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    plan: { type: 'string' },
    bug: { type: 'string' },
  },
});
const { seed, plan, bug } = values;
const planted = bug === undefined ? [] : plantedBugs[bug];
if (planted === undefined) {
  process.stderr.write(`sim: no bug ${bug ?? ''} can be planted; these can:\n  ${Object.keys(plantedBugs).join('\n  ')}\n`);
  process.exit(2);
}
const PROGRESS_MS = 30_000;
await using crew = new Crew(planted);
if (plan !== undefined) process.exitCode = await replay(readPlan(plan));
else process.exitCode = seed === undefined ? await many() : await one(planOf(seed));

async function many(): Promise<number> {
  const startedMs = performance.now();
  let toldMs = startedMs;
  let done = 0;
  const figures = await runSeeds(crew, { from: Number(values.from), count: Number(values.seeds) }, async (of, outcome) => {
    done += 1;
    if (outcome.broken !== undefined) await tell(of, outcome);
    if (performance.now() - toldMs > PROGRESS_MS) {
      toldMs = performance.now();
      console.log(`${done} seeds`);
    }
    return false;
  });
  const { seeds, events, faults, begun, violations, actions } = figures;
  const seconds = (performance.now() - startedMs) / 1000;
  for (const [action, count] of Object.entries(actions)) console.log(`  ${action} ${count}`);
  console.log(
    `${seeds} seeds, ${events} events, ${faults} faults, ${begun} slots begun, ${violations} violations, ${seconds.toFixed(1)} s`,
  );
  return violations === 0 ? 0 : 1;
}

async function tell(of: string, outcome: Outcome): Promise<void> {
  console.log(`seed ${of}: ${outcome.broken?.promise ?? ''}: ${outcome.broken?.sentence ?? ''}`);
  const shrunk = await shrink((plan) => crew.run(plan), planOf(of), outcome);
  const { faults, wishes } = shrunk.plan;
  console.log(`  what is needed for it (${faults.length} faults, ${wishes.length} wishes, found in ${shrunk.runs} runs):`);
  console.log(`  ${replayed(shrunk.plan)}`);
}

/** The story of a seed; where it breaks a promise, of what little of it is needed for that. */
async function one(whole: Plan): Promise<number> {
  const outcome = await crew.run(whole);
  if (outcome.broken === undefined) return await replay(whole);
  const shrunk = await shrink((smaller) => crew.run(smaller), whole, outcome);
  console.log(`in the whole of seed ${whole.seed}: ${outcome.broken.promise}: ${outcome.broken.sentence}`);
  return await replay(shrunk.plan);
}

async function replay(given: Plan): Promise<number> {
  const { story, events, faults, broken, trace } = await crew.run(given);
  console.log(story.join('\n'));
  console.log(`seed ${given.seed}: ${events} events, ${faults} faults, ${broken === undefined ? 'no' : '1'} violation; trace ${trace}`);
  if (broken !== undefined) console.log(replayed(given));
  return broken === undefined ? 0 : 1;
}

function replayed(smaller: Plan): string {
  return `make sim${bug === undefined ? '' : ` BUG='${bug}'`} PLAN='${planText(smaller)}'`;
}
