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

const lineSchema = v.object({ event: v.literal('planned'), planned: plannedSchema });

/** The faults of an earlier run, as planned. */
export function faultsOf(logFile: string): readonly Planned[] {
  return readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const parsed = v.safeParse(lineSchema, JSON.parse(line));
      return parsed.success ? [parsed.output.planned] : [];
    });
}
