import { appendFileSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { bootClock } from '../../agent/os/boot-clock.ts';
import { plannedSchema, type Planned } from './faults.ts';

/** What happened when, one JSON object per line; the lines `planned` are what a replay needs. */
export class ChaosLog {
  readonly file: string;
  readonly #startMs = bootClock.nowMs();

  constructor(file: string) {
    this.file = file;
  }

  /** @param fields `bootMs` is the clock that the nodes' own marks are by */
  write(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const bootMs = bootClock.nowMs();
    appendFileSync(this.file, `${JSON.stringify({ atMs: bootMs - this.#startMs, bootMs, event, ...fields })}\n`);
  }
}

const startSchema = v.object({ event: v.literal('start'), seed: v.string(), minutes: v.number() });
const lineSchema = v.object({ event: v.literal('planned'), planned: plannedSchema });

/** What an earlier run was made of: with the seed its operator draws the same again. */
export interface Recorded {
  readonly seed: string;
  readonly minutes: number;
  readonly faults: readonly Planned[];
}

/** @throws Error where the file is no log of a run */
export function recordedIn(logFile: string): Recorded {
  const text = readFileSync(logFile, 'utf8').split('\n');
  const lines = text.filter((line) => line !== '').map((line): unknown => JSON.parse(line));
  const start = v.safeParse(startSchema, lines[0]);
  if (!start.success) throw new Error(`${logFile} does not begin as the log of a run does: name the log.jsonl in a run's folder`);
  const faults = lines.flatMap((line) => {
    const parsed = v.safeParse(lineSchema, line);
    return parsed.success ? [parsed.output.planned] : [];
  });
  return { seed: start.output.seed, minutes: start.output.minutes, faults };
}
