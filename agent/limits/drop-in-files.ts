import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../../common/atomic-file.ts';
import { UvsError } from '../../common/errors.ts';
import { mkdirs, removeWritten, rmdirIfEmpty } from '../files/disk.ts';
import { isErrno } from '../files/errno.ts';
import { readTextIfThere } from '../files/reading.ts';
import { UNIT_DIRECTORY } from '../os/unit-directory.ts';
import { dropInPath, limitedUnit } from './drop-in.ts';
import type { LimitedMachine } from './ports.ts';

/** The agent's drop-ins on the disk. */
export function dropInFiles(root: string): Pick<LimitedMachine, 'limited' | 'readDropIn' | 'writeDropIn'> {
  const pathOf = (unit: string): string => join(root, dropInPath(unit));
  return {
    limited: async () => {
      const units = join(root, UNIT_DIRECTORY);
      const directories = (await entriesOf(units)).filter((name) => name.endsWith('.service.d'));
      const found = await Promise.all(directories.map(async (name) => limitedUnit(name, await entriesOf(join(units, name)))));
      return found.filter((unit) => unit !== undefined);
    },
    readDropIn: async (unit) => await told(pathOf(unit), 'read', async () => await readTextIfThere(pathOf(unit))),
    writeDropIn: async (unit, text) => {
      const path = pathOf(unit);
      if (text === undefined)
        return await told(path, 'removed', async () => {
          await removeWritten(path);
          await rmdirIfEmpty(dirname(path));
        });
      await told(path, 'written', async () => {
        await mkdirs(dirname(path), 0o755);
        await writeFileAtomically(path, text, 0o644);
      });
    },
  };
}

/** @throws UvsError SERVICE_FAILED that names the drop-in itself, not what it is written by, and says what to do */
async function told<T>(path: string, what: 'read' | 'written' | 'removed', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof UvsError || !(cause instanceof Error)) throw cause;
    // a symlink that leads nowhere: EEXIST, ENOENT
    if (isErrno(cause, 'ENOENT', 'EEXIST', 'ENOTDIR', 'ELOOP')) throw noDirectory(dirname(path), cause);
    // "EROFS: read-only file system, open '/etc/…'"
    const why = cause.message.replace(/, \w+ '.*$/su, '');
    throw new UvsError('SERVICE_FAILED', `${path} can't be ${what} (${why}): mend that, and the limits are kept at the next look`, {
      cause,
    });
  }
}

function noDirectory(path: string, cause: unknown): UvsError {
  return new UvsError(
    'SERVICE_FAILED',
    `${path} is no directory, and no link to one: remove it, and the limits are written at the next look`,
    { cause },
  );
}

/** Names in a directory; none where there is no directory. */
export async function entriesOf(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return [];
    throw error;
  }
}
