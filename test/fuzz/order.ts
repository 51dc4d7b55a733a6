import * as v from 'valibot';

/** A package that takes longer to read is one that hangs the reader. */
const DEADLINE_MS = 10_000;
/**
 * How much more may be resident than before the first package, in MiB. Seen were 28 to 41, with a whole agent, the packages that are kept and compiled
 * code; the reader's part is two segments, stored and plain, at most 32 by their caps.
 */
const GROWTH_MIB = 64;
/** The same for a run of any length: reading the same packages adds nothing, but what is kept, and the allocator's fragments, were 70 after 13,000. */
export const LONG_GROWTH_MIB = 128;
/** Little garbage is kept, so that what is resident is in use; a reader that makes more objects of a package ends the process. */
export const WORKER_OPTIONS = ['--max-old-space-size=128', '--max-semi-space-size=1', '--optimize-for-size', '--expose-gc'] as const;
/** The C library keeps what was freed for each arena. */
export const WORKER_ENVIRONMENT = { MALLOC_ARENA_MAX: '2' } as const;

const orderSchema = v.strictObject({
  seed: v.string(),
  seconds: v.number(),
  executions: v.number(),
  deadlineMs: v.optional(v.number(), DEADLINE_MS),
  growthMiB: v.optional(v.number(), GROWTH_MIB),
  /** File for the package that is being read. */
  current: v.string(),
  /** Folder for the smallest package of each outcome. */
  save: v.optional(v.string()),
});

export type Order = v.InferInput<typeof orderSchema>;

export function parseOrder(text: string): v.InferOutput<typeof orderSchema> {
  return v.parse(orderSchema, JSON.parse(text));
}

const counts = v.record(v.string(), v.number());
const reportSchema = v.strictObject({
  executions: v.number(),
  agentExecutions: v.number(),
  reasons: counts,
  agentOutcomes: counts,
  kinds: v.array(v.string()),
  slowestMs: v.number(),
  /** Before the first package. */
  baseMiB: v.number(),
  peakMiB: v.number(),
});

export type Report = v.InferOutput<typeof reportSchema>;

export function parseReport(text: string): Report {
  return v.parse(reportSchema, JSON.parse(text));
}

/** Two lines for people. */
export function describeReport(report: Report): readonly string[] {
  const { executions, agentExecutions, reasons, agentOutcomes, kinds, slowestMs, baseMiB, peakMiB } = report;
  return [
    `fuzz executions ${executions}, distinct outcomes ${kinds.length}, slowest ${slowestMs.toFixed(0)} ms, memory ${baseMiB} MiB before the first and ${peakMiB} MiB at most: ${list(reasons)}`,
    `of these on a whole agent ${agentExecutions}: ${list(agentOutcomes)}`,
  ];
}

function list(record: Readonly<Record<string, number>>): string {
  return Object.entries(record)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
}
