import { lstat, readdir, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory, writeFileAtomically } from '../../../common/atomic-file.ts';
import { mkdirs, removeWritten, rmdirIfEmpty, symlinkSync, unlinkIfThere } from '../../files/disk.ts';
import { isErrno } from '../../files/errno.ts';
import { readTextIfThere } from '../../files/reading.ts';
import { bindUnit, bindWant, copyPath, formerDropIn, serviceDropIn } from './units.ts';

/** The files by which a copy counts, and is waited for. Each act may be run twice, and after a cut at any point of it. */
export interface MigrationUnitFiles {
  /** That of the bind mount comes last: the copy counts from when it is there. */
  put(directory: string, units: readonly string[]): Promise<void>;
  isThere(directory: string): Promise<boolean>;
  /** Directories of which there are such files, mounted or not. */
  directories(): Promise<readonly string[]>;
  /** That of the bind mount goes first. Those of other directories stay. */
  remove(directory: string, units: readonly string[]): Promise<void>;
}

/** @param unitsAt where systemd reads an administrator's units: /etc/systemd/system */
export function migrationUnitFiles(mountPoint: string, unitsAt: string): MigrationUnitFiles {
  const at = (path: string): string => join(unitsAt, path);
  const removeFormer = async (directory: string, unit: string): Promise<void> => {
    const { path, text } = formerDropIn(directory, unit);
    // with another text it is another directory's, which has no other
    if ((await readTextIfThere(at(path))) === text) await unlinkIfThere(at(path));
  };
  // on a full disk what is there already has to do
  const put = async (path: string, text: string): Promise<void> => {
    if ((await readTextIfThere(at(path))) !== text) await writeFileAtomically(at(path), text, 0o644);
  };
  return {
    put: async (directory, units) => {
      for (const unit of units) {
        const { path, text } = serviceDropIn(directory, unit);
        await mkdirs(dirname(at(path)), 0o755);
        await put(path, text);
        await removeFormer(directory, unit);
      }
      const { path, target } = bindWant(directory);
      await mkdirs(dirname(at(path)), 0o755);
      if ((await readlink(at(path)).catch(() => undefined)) === undefined) symlinkSync(target, at(path));
      await syncDirectory(dirname(at(path)));
      const bind = bindUnit(mountPoint, directory);
      await put(bind.path, bind.text);
    },
    directories: async () => {
      const found: string[] = [];
      for (const name of await readdir(unitsAt)) {
        if (!name.endsWith('.mount')) continue;
        const text = (await readTextIfThere(at(name))) ?? '';
        const directory = /^Where=(.*)$/m.exec(text)?.[1];
        if (directory !== undefined && text.includes(`\nWhat=${copyPath(mountPoint, directory)}\n`)) found.push(directory);
      }
      return found;
    },
    isThere: async (directory) => {
      try {
        await lstat(at(bindUnit(mountPoint, directory).path));
        return true;
      } catch (error) {
        if (isErrno(error, 'ENOENT')) return false;
        throw error;
      }
    },
    remove: async (directory, units) => {
      await unlinkIfThere(at(bindUnit(mountPoint, directory).path));
      await syncDirectory(unitsAt);
      await unlinkIfThere(at(bindWant(directory).path));
      for (const unit of units) {
        const path = at(serviceDropIn(directory, unit).path);
        await removeWritten(path);
        await removeFormer(directory, unit);
        await rmdirIfEmpty(dirname(path));
      }
    },
  };
}
