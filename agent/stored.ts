import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { writeFileAtomically } from '../common/atomic-file.ts';
import { toUvsError, UvsError, type Reason } from '../common/errors.ts';
import { isErrno } from './files/errno.ts';

/** A small file of JSON in the agent's state directory. */
export interface Stored<T> {
  /** Undefined where there is none. @throws UvsError where it is damaged, and nothing is taken instead */
  read(): Promise<T | undefined>;
  write(content: T): Promise<void>;
}

/** What comes of a damaged file: an error that tells an operator what to do, or something that is taken instead. */
type WhereDamaged<T> = { readonly reason: Reason; readonly hint: string } | { readonly instead: T | undefined };

/** @param statePath the agent's state directory */
export function storedAt<T>(
  statePath: string,
  name: string,
  schema: v.GenericSchema<unknown, T>,
  whereDamaged: WhereDamaged<T>,
): Stored<T> {
  const path = join(statePath, name);
  return {
    read: async () => {
      try {
        return v.parse(schema, JSON.parse(await readFile(path, 'utf8')));
      } catch (cause) {
        if (isErrno(cause, 'ENOENT')) return undefined;
        if ('instead' in whereDamaged) return whereDamaged.instead;
        const { reason, hint } = whereDamaged;
        throw new UvsError(reason, `${path} can't be read: ${toUvsError(cause).message}`, { cause, hint });
      }
    },
    write: async (content) => await writeFileAtomically(path, `${JSON.stringify(content)}\n`, 0o600),
  };
}
