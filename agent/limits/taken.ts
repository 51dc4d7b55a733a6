import * as v from 'valibot';
import type { StateDirectory } from '../state-directory.ts';
import { storedAt, type Stored } from '../stored.ts';

/** A moment of a boot of this machine. */
export interface Moment {
  /** Random for each boot. */
  readonly boot: string;
  /** Microseconds of CLOCK_MONOTONIC, by which systemd tells when a process was started. */
  readonly us: number;
}

/** By unit, a moment at which systemd had its drop-in as it is now: what it has started since has been started with that. */
export type Taken = Readonly<Record<string, Moment>>;

const schema = v.record(v.string(), v.object({ boot: v.string(), us: v.number() }));

/** Where it is lost it is as if systemd had read all drop-ins at the next look. */
export function storedTaken(state: Pick<StateDirectory, 'path'>): Stored<Taken> {
  return storedAt<Taken>(state.path, 'limits-taken.json', schema, { instead: undefined });
}

/**
 * Whether a process was started with what is in its unit's drop-in.
 * @param startedUs in this boot; undefined: nobody knows
 * @param taken undefined: systemd may not have read the drop-in yet
 */
export function isStartedSince(startedUs: number | undefined, taken: Moment | undefined, boot: string): boolean {
  if (startedUs === undefined || taken === undefined) return false;
  // in a later boot systemd has read it before anything was started
  return taken.boot !== boot || startedUs > taken.us;
}
