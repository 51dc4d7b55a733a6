import * as v from 'valibot';

const counts = v.record(v.string(), v.number());

/** What a run leaves in figures.json. */
export const figuresSchema = v.object({
  violations: v.array(v.string()),
  /** By kind. */
  faults: counts,
  /** By the proxies' own count, see deliveries.ts. */
  transactions: v.object({ held: v.number(), late: v.number(), again: v.number() }),
  /** Leaders that did nothing for longer than their lease, and those in whose place another one led when they went on. */
  leadersPastTheirLease: v.object({ stopped: v.number(), blocked: v.number(), deposed: v.number() }),
  /** Agents that were stopped between their yes and their first act for longer than a yes is good, and for longer than the step's deadline. */
  sleptOnTheirYes: v.object({ pastTheYes: v.number(), pastDeadlines: v.number() }),
  rolloutsEnded: counts,
  pausesResumed: v.number(),
  disturbances: v.number(),
  mostAtOnce: v.number(),
  mostAtOnceRolling: v.number(),
  budgets: v.object({ cluster: v.number(), parallel: v.number() }),
  longestStallSeconds: v.number(),
  leaders: v.number(),
  exitsOfTheirOwn: counts,
  /** Left out where it did not come so far. */
  restoration: v.optional(
    v.object({ heldAfterSeconds: v.number(), adoptedAfterSeconds: v.number(), interrupted: v.string(), next: v.string() }),
  ),
  minutes: v.number(),
});
export type Figures = v.InferOutput<typeof figuresSchema>;

export function faultsIn(figures: Figures): number {
  return Object.values(figures.faults).reduce((sum, count) => sum + count, 0);
}

/** One line of it. */
export function summary(figures: Figures): string {
  const { disturbances, mostAtOnce, mostAtOnceRolling, violations, transactions, leadersPastTheirLease, sleptOnTheirYes } = figures;
  const { held, late, again } = transactions;
  const { stopped, blocked, deposed } = leadersPastTheirLease;
  return [
    `${faultsIn(figures)} faults, ${disturbances} disturbances, most at once ${mostAtOnce}, rolling: at most ${mostAtOnceRolling}, `,
    `${violations.length} violations; transactions: ${held} held, ${late} delivered late, ${again} once more; `,
    `leaders past their lease: ${stopped} stopped, ${blocked} blocked, ${deposed} deposed; `,
    `agents that slept on their yes: ${sleptOnTheirYes.pastTheYes}; ${figures.leaders} leaders, longest stall ${figures.longestStallSeconds} s`,
  ].join('');
}
