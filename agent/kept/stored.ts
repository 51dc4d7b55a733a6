import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { UvsError } from '../../common/errors.ts';
import { isErrno } from '../files/errno.ts';
import type { StateDirectory } from '../state-directory.ts';

/** A file of JSON in the agent's state directory. */
export interface Stored<T> {
  /** Undefined where there is none. @throws UvsError CONFIG_INVALID where it is damaged */
  read(): Promise<T | undefined>;
  write(content: T): Promise<void>;
}

/** @param hint what an operator is told where it is damaged */
export function storedAt<T>(
  state: Pick<StateDirectory, 'path'>,
  name: string,
  schema: v.GenericSchema<unknown, T>,
  hint: string,
): Stored<T> {
  const path = join(state.path, name);
  return {
    read: async () => {
      try {
        return v.parse(schema, JSON.parse(await readFile(path, 'utf8')));
      } catch (cause) {
        if (isErrno(cause, 'ENOENT')) return undefined;
        throw new UvsError('CONFIG_INVALID', `${path} can't be read`, { cause, hint });
      }
    },
    write: async (content) => await writeFileAtomically(path, `${JSON.stringify(content)}\n`, 0o600),
  };
}
