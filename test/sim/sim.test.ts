import t from 'tap';
import { Crew } from './crew.ts';
import { runSeeds } from './seeds.ts';

t.setTimeout(900_000);
const SEEDS = 300;

t.test('under faults of every kind no promise is broken, and all comes to its end', async (t) => {
  await using crew = new Crew();
  const startedMs = performance.now();
  const broken: string[] = [];
  const figures = await runSeeds(crew, { from: 1, count: SEEDS }, (seed, outcome) => {
    if (outcome.broken !== undefined) broken.push(`make sim SEED=${seed}: ${outcome.broken.promise}: ${outcome.broken.sentence}`);
    return broken.length > 2;
  });
  t.same(broken, []);
  t.ok(figures.begun > SEEDS, `slots were begun: ${figures.begun}`);
  const { seeds, events, faults, begun, violations } = figures;
  const seconds = (performance.now() - startedMs) / 1000;
  t.comment(`${seeds} seeds, ${events} events, ${faults} faults, ${begun} slots begun, ${violations} violations, ${seconds.toFixed(1)} s`);
});
