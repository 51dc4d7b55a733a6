import * as v from 'valibot';

/** A package that takes longer to read is one that hangs the reader. */
const DEADLINE_MS = 10_000;
/** Runtime, fuzzer and two agents' worth of segments; the reader alone holds two segments, stored and plain, and one manifest. */
export const CAP_BYTES = 400 * 1024 * 1024;
/** For the worker's objects, in MiB: a reader that makes more of a package ends the process. */
export const HEAP_MIB = 128;

const orderSchema = v.strictObject({
  seed: v.string(),
  seconds: v.number(),
  executions: v.number(),
  deadlineMs: v.optional(v.number(), DEADLINE_MS),
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
  peakMiB: v.number(),
});

export type Report = v.InferOutput<typeof reportSchema>;

export function parseReport(text: string): Report {
  return v.parse(reportSchema, JSON.parse(text));
}

/** Two lines for people. */
export function describeReport(report: Report): readonly string[] {
  const { executions, agentExecutions, reasons, agentOutcomes, kinds, slowestMs, peakMiB } = report;
  return [
    `fuzz executions ${executions}, distinct outcomes ${kinds.length}, slowest ${slowestMs.toFixed(0)} ms, peak memory ${peakMiB} MiB: ${list(reasons)}`,
    `of these on a whole agent ${agentExecutions}: ${list(agentOutcomes)}`,
  ];
}

function list(record: Readonly<Record<string, number>>): string {
  return Object.entries(record)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
}
