import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const makers = {
  ext4: { mebibytes: 64, make: ['mkfs.ext4', '-q', '-F'], mount: ['mount', '-t', 'ext4'] },
  xfs: { mebibytes: 320, make: ['mkfs.xfs', '-q', '-f'], mount: ['mount', '-t', 'xfs'] },
  btrfs: { mebibytes: 128, make: ['mkfs.btrfs', '-q', '-f'], mount: ['mount', '-t', 'btrfs'] },
  // as poor as vfat: no owners, modes, links or attributes; it needs no module of the kernel
  exfat: { mebibytes: 32, make: ['mkfs.exfat'], mount: ['mount.exfat-fuse', '-o', 'umask=022'] },
} as const;

/** A file system of its own on a loop device; needs root. Dispose it to unmount and remove it. */
export class MountedDisk implements Disposable {
  /** Where it is mounted. */
  readonly path: string;
  readonly #directory: string;
  readonly #device: string;

  private constructor(directory: string, device: string) {
    this.#directory = directory;
    this.path = join(directory, 'mounted');
    this.#device = device;
  }

  /** @param mebibytes of the whole, of which the file system itself takes some */
  static make(type: keyof typeof makers, mebibytes: number = makers[type].mebibytes): MountedDisk {
    const { make, mount } = makers[type];
    const directory = mkdtempSync(join(tmpdir(), 'uvs-disk-'));
    const image = join(directory, 'image');
    writeFileSync(image, '');
    truncateSync(image, mebibytes * 1024 * 1024);
    run([...make, image]);
    const disk = new MountedDisk(directory, run(['losetup', '-f', '--show', image]).trim());
    mkdirSync(disk.path);
    run([...mount, disk.#device, disk.path]);
    return disk;
  }

  /** Mounts it a second time, as a whole, on a folder that is made if missing. */
  bindTo(path: string): Disposable {
    mkdirSync(path, { recursive: true });
    run(['mount', '--bind', this.path, path]);
    return { [Symbol.dispose]: () => void run(['umount', path]) };
  }

  [Symbol.dispose](): void {
    run(['umount', this.path]);
    run(['losetup', '-d', this.#device]);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function run([program = '', ...args]: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
