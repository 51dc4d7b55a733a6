/**
 * `make sim`: SEEDS simulated clusters, from the seed FROM on, each with the real coordinators and agents under faults that its seed
 * decides. Prints the figures; of a seed that breaks a promise the sentence and what little of its plan is needed for it. SEED=… tells the
 * story of one. BUG='…' plants a bug first. Exits 1 where a promise was broken.
 */
import { parseArgs } from 'node:util';
import { Crew } from './crew.ts';
import { planOf } from './plan.ts';
import { plantedBugs } from './planted-bugs.ts';
import { runSeeds } from './seeds.ts';
import { shrink } from './shrink.ts';
import type { Outcome } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    bug: { type: 'string' },
  },
});
const { seed, bug } = values;
const planted = bug === undefined ? [] : plantedBugs[bug];
if (planted === undefined) {
  process.stderr.write(`sim: no bug ${bug ?? ''} can be planted; these can:\n  ${Object.keys(plantedBugs).join('\n  ')}\n`);
  process.exit(2);
}
const PROGRESS_MS = 30_000;
await using crew = new Crew(planted);
process.exitCode = seed === undefined ? await many() : await one(seed);

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
  console.log(`  ${JSON.stringify(shrunk.plan)}`);
}

async function one(of: string): Promise<number> {
  const plan = planOf(of);
  const outcome = await crew.run(plan);
  if (outcome.broken === undefined) {
    console.log(outcome.story.join('\n'));
    console.log(`seed ${of}: ${outcome.events} events, ${outcome.faults} faults, no violation; trace ${outcome.trace}`);
    return 0;
  }
  const shrunk = await shrink((smaller) => crew.run(smaller), plan, outcome);
  console.log(`${shrunk.outcome.story.join('\n')}\nas in the whole of seed ${of}: ${outcome.broken.sentence}`);
  return 1;
}
