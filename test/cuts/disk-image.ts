import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type FileSystem = 'ext4' | 'xfs';

const make = {
  ext4: { megabytes: 24, command: ['mkfs.ext4', '-q', '-F', '-m', '0'], options: 'commit=300' },
  // the smallest that mkfs.xfs makes
  xfs: { megabytes: 300, command: ['mkfs.xfs', '-q', '-f'], options: 'nouuid' },
} as const satisfies Record<FileSystem, unknown>;

/** Tells why this machine can make and mount no images; undefined where it can. */
export function whyNoImages(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root to mount file systems';
  try {
    execFileSync('losetup', ['--find'], { stdio: 'ignore' });
  } catch {
    return 'needs loop devices';
  }
  return undefined;
}

/** A disk in a file. What the kernel has not written to it yet is not in a copy, as after a power cut. */
export class DiskImage implements Disposable {
  readonly fileSystem: FileSystem;
  readonly path: string;
  #mounted: { readonly at: string; readonly device: string } | undefined;

  private constructor(fileSystem: FileSystem, path: string) {
    this.fileSystem = fileSystem;
    this.path = path;
  }

  static make(fileSystem: FileSystem, path: string, more: readonly string[] = []): DiskImage {
    const { megabytes, command } = make[fileSystem];
    const [program, ...options] = command;
    writeFileSync(path, '');
    truncateSync(path, megabytes * 1024 * 1024);
    execFileSync(program, [...options, ...more, path], { stdio: ['ignore', 'ignore', 'pipe'] });
    return new DiskImage(fileSystem, path);
  }

  /** One that was copied before. */
  static at(fileSystem: FileSystem, path: string): DiskImage {
    return new DiskImage(fileSystem, path);
  }

  mount(at: string): void {
    const device = execFileSync('losetup', ['--find', '--show', this.path], { encoding: 'utf8' }).trim();
    try {
      // no barrier of time: what is on the disk is there because somebody synced it
      execFileSync('mount', ['-t', this.fileSystem, '-o', make[this.fileSystem].options, device, at], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    } catch (error) {
      execFileSync('losetup', ['--detach', device]);
      throw error;
    }
    this.#mounted = { at, device };
  }

  unmount(): void {
    if (this.#mounted === undefined) return;
    execFileSync('umount', [this.#mounted.at]);
    execFileSync('losetup', ['--detach', this.#mounted.device]);
    this.#mounted = undefined;
  }

  /** What the disk has now, without what the page cache still holds. A write that the kernel makes meanwhile has it copied again. */
  copy(path: string): DiskImage {
    for (;;) {
      const before = this.#writes();
      execFileSync('cp', ['--sparse=auto', this.path, path]);
      if (this.#writes() === before) return new DiskImage(this.fileSystem, path);
    }
  }

  /** The same as shell, for programs of their own: names are written down, and a copy made at $1. */
  copyScript(): string {
    if (this.#mounted === undefined) throw new Error(`${this.path} is not mounted`);
    const { at, device } = this.#mounted;
    const writes = `$(awk '{ print $5, $9 }' /sys/block/${device.replace('/dev/', '')}/stat)`;
    return `: > '${at}/.commit'
rm '${at}/.commit'
sync '${at}'
while :; do
  before="${writes}"
  cp --sparse=auto '${this.path}' "$1"
  [ "$before" != "${writes}" ] || break
done`;
  }

  /**
   * Has the file system write down all names, sizes and owners as they are now, as it does every few seconds, and no contents that nobody synced: from
   * then on a file that was renamed too early is there and is empty.
   */
  commitNames(): void {
    if (this.#mounted === undefined) return;
    const scratch = join(this.#mounted.at, '.commit');
    closeSync(openSync(scratch, 'w'));
    rmSync(scratch);
    const directory = openSync(this.#mounted.at, 'r');
    fsyncSync(directory);
    closeSync(directory);
  }

  /** Writes completed and under way, from the block layer's count (Documentation/block/stat.rst). */
  #writes(): string {
    if (this.#mounted === undefined) return '';
    const fields = readFileSync(`/sys/block/${this.#mounted.device.replace('/dev/', '')}/stat`, 'utf8')
      .trim()
      .split(/\s+/);
    return `${fields[4]} ${fields[8]}`;
  }

  [Symbol.dispose](): void {
    this.unmount();
    rmSync(this.path, { force: true });
  }
}
