import * as v from 'valibot';
import { UvsError } from '../../common/errors.ts';
import { storedAt, type Stored } from '../kept/stored.ts';
import type { StateDirectory } from '../state-directory.ts';

const schema = v.record(v.string(), v.string());

/** The drop-in of each unit as the agent left it, by which a file that somebody has changed is told from one that is to be another. */
export type Written = Readonly<Record<string, string>>;

/** Where it is lost, what was changed is put back all the same, and once not told. */
export function storedWritten(state: Pick<StateDirectory, 'path'>): Stored<Written> {
  const stored = storedAt(state, 'limits-written.json', schema, 'It is written anew.');
  return { read: orWhereDamaged(stored, undefined), write: async (written) => await stored.write({ ...written }) };
}

/** Whether systemd is still to read its units again, as is stored before a drop-in is written or removed: the files alone don't tell what it knows. */
export function storedOwed(state: Pick<StateDirectory, 'path'>): Stored<boolean> {
  const stored = storedAt(state, 'limits-reload.json', v.boolean(), 'It is written anew.');
  return { ...stored, read: orWhereDamaged(stored, true) };
}

function orWhereDamaged<T>(stored: Stored<T>, otherwise: T | undefined): Stored<T>['read'] {
  return async () => {
    try {
      return await stored.read();
    } catch (error) {
      if (error instanceof UvsError && error.reason === 'CONFIG_INVALID') return otherwise;
      throw error;
    }
  };
}
