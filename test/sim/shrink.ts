import type { Plan } from './plan.ts';
import type { Outcome } from './simulate.ts';

export interface Shrunk {
  readonly plan: Plan;
  readonly outcome: Outcome;
  /** Simulations that it took. */
  readonly runs: number;
}

/**
 * Takes away from a plan what is not needed to break the same promise: faults and wishes, half of them at first, then fewer, then one by
 * one, until none can be missed; then machines.
 */
export async function shrink(run: (plan: Plan) => Promise<Outcome>, plan: Plan, outcome: Outcome): Promise<Shrunk> {
  let best: Shrunk = { plan, outcome, runs: 0 };
  const attempt = async (smaller: Plan): Promise<boolean> => {
    const tried = await run(smaller);
    const isAsBad = tried.broken !== undefined && tried.broken.promise === outcome.broken?.promise;
    best = isAsBad ? { plan: smaller, outcome: tried, runs: best.runs + 1 } : { ...best, runs: best.runs + 1 };
    return isAsBad;
  };
  for (let before = Number.POSITIVE_INFINITY; sizeOf(best.plan) < before;) {
    before = sizeOf(best.plan);
    for (let count = Math.ceil(before / 2); count >= 1; count = count === 1 ? 0 : Math.ceil(count / 2)) {
      for (let from = 0; from < sizeOf(best.plan);) if (!(await attempt(without(best.plan, from, count)))) from += count;
    }
  }
  for (const field of ['nodes', 'coordinators'] as const) {
    while (best.plan[field] > 1 && (await attempt({ ...best.plan, [field]: best.plan[field] - 1 })));
  }
  return best;
}

function sizeOf({ faults, wishes }: Plan): number {
  return faults.length + wishes.length;
}

/** Without some of what happens in it, counted through the faults and then the wishes. */
function without(plan: Plan, from: number, count: number): Plan {
  const isKept = (at: number): boolean => at < from || at >= from + count;
  const faults = plan.faults.filter((_, at) => isKept(at));
  return { ...plan, faults, wishes: plan.wishes.filter((_, at) => isKept(plan.faults.length + at)) };
}
