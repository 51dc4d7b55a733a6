import * as v from 'valibot';

const UNITS = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const;
const MEMORY = /^([1-9][0-9]{0,8})([KMG%])$/;

/** `[tasks]` of /etc/uvs/agent.toml: how much of the node one task of a release may take. */
export const taskLimitsSchema = v.strictObject({
  /** Of the node's memory, or a size. */
  memory: v.optional(
    v.pipe(
      v.string(),
      v.regex(MEMORY, 'must be a size or a share of the memory, e.g. 512M or 50%'),
      v.check((text) => !text.endsWith('%') || Number(text.slice(0, -1)) <= 100, 'must be at most 100%'),
    ),
    '50%',
  ),
  /** Of one processor. */
  cpuPercent: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(100_000)), 100),
  /** Processes and threads at a time. */
  processes: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(8), v.maxValue(1_000_000)), 512),
  /** Between SIGTERM and SIGKILL; under systemd at least 5. */
  graceSeconds: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(600)), 10),
});

export type TaskLimits = Readonly<v.InferOutput<typeof taskLimitsSchema>>;

export const defaultTaskLimits: TaskLimits = v.parse(taskLimitsSchema, {});

/** Bytes that a task may have. @param total of the machine */
export function memoryBytes({ memory }: TaskLimits, total: number): number {
  const [, digits = '', unit = ''] = MEMORY.exec(memory) ?? [];
  if (unit === 'K' || unit === 'M' || unit === 'G') return Number(digits) * UNITS[unit];
  return Math.floor((total * Number(digits)) / 100);
}

/** What a task may have, as operators read it. @param total of the machine */
export function describeMemory(limits: TaskLimits, total: number): string {
  const bytes = memoryBytes(limits, total);
  const size = bytes < UNITS.M ? `${Math.floor(bytes / UNITS.K)} KiB` : `${Math.floor(bytes / UNITS.M)} MiB`;
  return limits.memory.endsWith('%') ? `${size}, ${limits.memory} of the node's` : size;
}
