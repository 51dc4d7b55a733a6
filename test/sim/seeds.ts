import type { Crew } from './crew.ts';
import { planOf } from './plan-of.ts';
import type { Outcome } from './simulate.ts';

export interface Figures {
  readonly seeds: number;
  readonly events: number;
  readonly faults: number;
  /** Slots that were begun. */
  readonly begun: number;
  readonly violations: number;
  readonly actions: Readonly<Record<string, number>>;
}

/**
 * Runs seeds, from a number on, on all threads of a crew.
 * @param finished hears of each when it is over; true: no more are begun
 */
export async function runSeeds(
  crew: Crew,
  range: { readonly from: number; readonly count: number },
  finished: (seed: string, outcome: Outcome) => boolean | Promise<boolean> = () => false,
): Promise<Figures> {
  const sum = { seeds: 0, events: 0, faults: 0, begun: 0, violations: 0 };
  const actions: Record<string, number> = {};
  let next = range.from;
  let isEnough = false;
  const work = async (): Promise<void> => {
    while (next < range.from + range.count && !isEnough) {
      const seed = String(next++);
      const outcome = await crew.run(planOf(seed));
      sum.seeds += 1;
      sum.events += outcome.events;
      sum.faults += outcome.faults;
      sum.begun += outcome.begun;
      if (outcome.broken !== undefined) sum.violations += 1;
      for (const [action, count] of Object.entries(outcome.actions)) actions[action] = (actions[action] ?? 0) + count;
      isEnough ||= await finished(seed, outcome);
    }
  };
  await Promise.all(Array.from({ length: crew.size }, work));
  return { ...sum, actions };
}
