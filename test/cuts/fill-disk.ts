import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../agent/files/errno.ts';

const FILLER = '.filler';

/** Takes every block that a file system has left, or every inode. */
export function fillDisk(mountPoint: string, what: 'blocks' | 'inodes'): void {
  const directory = join(mountPoint, FILLER);
  mkdirSync(directory);
  if (what === 'blocks') {
    const file = openSync(join(directory, 'blocks'), 'w');
    for (const size of [65_536, 512]) {
      const block = Buffer.alloc(size);
      while (fits(() => writeSync(file, block) === size));
    }
    closeSync(file);
    return;
  }
  for (let count = 0; fits(() => writeFileSync(join(directory, String(count)), '') === undefined); count += 1);
}

/** Gives them back. */
export function freeDisk(mountPoint: string): void {
  rmSync(join(mountPoint, FILLER), { recursive: true, force: true });
}

function fits(act: () => boolean): boolean {
  try {
    return act();
  } catch (error) {
    if (isErrno(error, 'ENOSPC')) return false;
    throw error;
  }
}
