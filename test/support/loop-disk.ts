import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** An ext4 on a loop device, whose backing file is the disk: what is changed there, the device gives back. */
export class LoopDisk implements Disposable {
  readonly path: string;
  readonly image: string;
  /** Name of the block device, e.g. "loop7". */
  readonly device: string;

  private constructor(path: string, image: string) {
    this.path = path;
    this.image = image;
    this.device = basename(execFileSync('findmnt', ['-n', '-o', 'SOURCE', path], { encoding: 'utf8' }).trim());
  }

  /** Makes one and mounts it on a folder. @throws where this machine has no loop devices or this user may not mount */
  static mount(path: string, image: string, mebibytes: number): LoopDisk {
    mkdirSync(path, { recursive: true });
    writeFileSync(image, '');
    truncateSync(image, mebibytes * 1024 * 1024);
    execFileSync('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image], { stdio: 'ignore' });
    execFileSync('mount', ['-o', 'loop', image, path], { stdio: 'ignore' });
    return new LoopDisk(path, image);
  }

  /** Flips one bit of the first place on the disk where these bytes stand, behind the file system's back. @throws where they stand nowhere */
  flipBitAt(bytes: Buffer): void {
    const disk = openSync(this.image, 'r+');
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES + bytes.length);
      for (let start = 0; ; start += CHUNK_BYTES) {
        const length = readSync(disk, chunk, 0, chunk.length, start);
        if (length < bytes.length) throw new Error('the disk does not hold these bytes');
        const found = chunk.subarray(0, length).indexOf(bytes);
        if (found < 0) continue;
        writeSync(disk, Buffer.of((bytes[0] ?? 0) ^ 1), 0, 1, start + found);
        return;
      }
    } finally {
      closeSync(disk);
    }
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.path]);
  }
}
