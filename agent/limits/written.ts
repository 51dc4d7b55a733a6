import * as v from 'valibot';
import type { StateDirectory } from '../state-directory.ts';
import { storedAt, type Stored } from '../stored.ts';

const schema = v.record(v.string(), v.string());

/** The drop-in of each unit as the agent left it, by which a file that somebody has changed is told from one that is to be another. */
export type Written = Readonly<Record<string, string>>;

/** Where it is lost, what was changed is put back all the same, and once not told. */
export function storedWritten(state: Pick<StateDirectory, 'path'>): Stored<Written> {
  return storedAt<Written>(state.path, 'limits-written.json', schema, { instead: undefined });
}

/** Whether systemd is still to read its units again, as is stored before a drop-in is written or removed: the files alone don't tell what it knows. */
export function storedOwed(state: Pick<StateDirectory, 'path'>): Stored<boolean> {
  return storedAt(state.path, 'limits-reload.json', v.boolean(), { instead: true });
}
