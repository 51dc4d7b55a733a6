import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../agent/files/errno.ts';

/** A file system of some megabytes that a test can fill to its last byte. */
export class SmallDisk implements Disposable {
  readonly path: string;
  readonly #filler: string;

  private constructor(path: string) {
    this.path = path;
    this.#filler = join(path, 'filler');
  }

  /** Mounts a tmpfs on a folder; undefined where this user may not mount. */
  static mount(path: string, mebibytes: number): SmallDisk | undefined {
    mkdirSync(path, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=755`, 'uvs-small-disk', path], { stdio: 'ignore' });
    } catch {
      return undefined;
    }
    return new SmallDisk(path);
  }

  /** Takes all bytes that are left. */
  fill(): void {
    const file = openSync(this.#filler, 'w');
    try {
      for (const size of [65_536, 512]) {
        const block = Buffer.alloc(size);
        while (writeWhatFits(file, block));
      }
    } finally {
      closeSync(file);
    }
  }

  /** Gives them back. */
  free(): void {
    rmSync(this.#filler, { force: true });
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.path]);
  }
}

function writeWhatFits(file: number, block: Buffer): boolean {
  try {
    return writeSync(file, block) === block.length;
  } catch (error) {
    if (isErrno(error, 'ENOSPC')) return false;
    throw error;
  }
}
