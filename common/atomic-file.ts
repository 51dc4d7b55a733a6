import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beforeDiskAct } from './disk-act.ts';

/**
 * Replaces a file so that after a crash it is wholly the old or wholly the new one: temporary name, fsync, rename, fsync of the directory.
 * Directories on the way are made with mode 0700.
 * @param owner whose it is to be, unless this process's user's
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  mode: number,
  owner?: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const directory = dirname(path);
  beforeDiskAct('mkdir', directory, () => !existsSync(directory));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = join(directory, `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    beforeDiskAct('create', temporary);
    const file = await open(temporary, 'wx', mode);
    try {
      beforeDiskAct('write', temporary);
      await file.writeFile(content);
      if (owner !== undefined) {
        beforeDiskAct('chown', temporary);
        await file.chown(owner.uid, owner.gid);
      }
      beforeDiskAct('chmod', temporary);
      await file.chmod(mode); // the umask may have taken bits away
      beforeDiskAct('sync', temporary);
      await file.sync();
    } finally {
      await file.close();
    }
    beforeDiskAct('rename', path);
    await rename(temporary, path);
  } catch (error) {
    beforeDiskAct('unlink', temporary, () => existsSync(temporary));
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

/** Whether a name in a directory is that of a file that was to become another one, and that a cut has left. @param name of the file itself */
export function isTemporaryOf(name: string, entry: string): boolean {
  return entry.startsWith(`.${name}.`) && /^[0-9a-f]{12}$/.test(entry.slice(name.length + 2));
}

/** Makes renames and removals in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    beforeDiskAct('sync', directory);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
