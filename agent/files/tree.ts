import { closeSync, constants, fstatSync, lstatSync, readFileSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import { isErrno, pathError } from './errno.ts';
import { openToReadSync } from './reading.ts';

const DIRECTORY_FLAGS = constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Directories held open at once. */
const MAX_OPEN = 256;

interface OpenDirectory {
  readonly fd: number;
  /** Kernel's mount id: unlike st_dev it tells a bind mount from what it shows. */
  readonly mountId: number;
}

export interface PinnedDirectory extends Disposable {
  readonly fd: number;
}

/**
 * A directory tree below a root that is pinned by a descriptor. Every path is walked one component at a time with O_NOFOLLOW, relative to
 * the descriptor of its parent (what openat(2) does, through /proc/self/fd), so no symlink and no rename meanwhile leads outside.
 */
export class Tree implements Disposable {
  readonly #rootPath: string;
  readonly #open = new Map<string, OpenDirectory>();

  /** @param shown its path as people know it, where that is another */
  constructor(rootPath: string, shown: string = rootPath) {
    this.#rootPath = shown;
    try {
      const fd = openToReadSync(rootPath, constants.O_DIRECTORY);
      this.#open.set('', { fd, mountId: mountIdOf(fd) });
    } catch (error) {
      throw new UvsError('NOT_FOUND', `${shown} is not a directory that can be opened`, { cause: error });
    }
  }

  /**
   * Returns an address for system calls on the last component of a path, which itself is not followed by the pinning; use it at once,
   * before the next call of this tree.
   * @throws UvsError PATH_FORBIDDEN where a parent is a symlink or no directory; NOT_FOUND where a parent is missing
   */
  address(path: string): string {
    return `/proc/self/fd/${this.#directory(parentOf(path)).fd}/${path.slice(path.lastIndexOf('/') + 1)}`;
  }

  /** Opens a directory for a program that is to act in it; the descriptor is good until disposed. */
  pin(directory: string): PinnedDirectory {
    const fd = openToReadSync(`/proc/self/fd/${this.#directory(directory).fd}/.`, DIRECTORY_FLAGS);
    return { fd, [Symbol.dispose]: () => closeSync(fd) };
  }

  /** Mount id of a directory. */
  mountId(directory: string): number {
    return this.#directory(directory).mountId;
  }

  /** Device of a directory: on one mount there may be several, as of subvolumes of btrfs. */
  device(directory: string): number {
    return fstatSync(this.#directory(directory).fd).dev;
  }

  /** Device and inode of a directory. */
  identity(directory: string): string {
    const { dev, ino } = fstatSync(this.#directory(directory).fd, { bigint: true });
    return `${dev}:${ino}`;
  }

  /** Topmost directory below the root from which `directory` is reached without leaving its mount; '' is the root itself. */
  mountBase(directory: string): string {
    const { mountId } = this.#directory(directory);
    let base = directory;
    while (base !== '') {
      const parent = parentOf(base);
      if (this.#directory(parent).mountId !== mountId) break;
      base = parent;
    }
    return base;
  }

  /** Deepest existing directory on the way to a path's parent. @throws UvsError PATH_FORBIDDEN */
  existingParent(path: string): string {
    let found = '';
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const next = path.slice(0, slash);
      // asked first: thousands of paths below a directory that is to be made would be as many exceptions
      if (!this.#open.has(next) && lstatSync(this.address(next), { throwIfNoEntry: false }) === undefined) return found;
      this.#directory(next);
      found = next;
    }
    return found;
  }

  #directory(path: string): OpenDirectory {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    const fd = this.#openBelow(this.#directory(parentOf(path)).fd, path, path.slice(path.lastIndexOf('/') + 1));
    const opened = { fd, mountId: mountIdOf(fd) };
    if (this.#open.size >= MAX_OPEN) this.#closeAllBut('');
    this.#open.set(path, opened);
    return opened;
  }

  #openBelow(parentFd: number, path: string, name: string): number {
    const shown = `${this.#rootPath}/${path}`;
    if (name === '' || name === '.' || name === '..' || name.includes('\0')) {
      throw new UvsError('PATH_FORBIDDEN', `${JSON.stringify(path)} is not a normal path`);
    }
    try {
      return openToReadSync(`/proc/self/fd/${parentFd}/${name}`, DIRECTORY_FLAGS);
    } catch (error) {
      if (isErrno(error, 'ELOOP', 'ENOTDIR')) {
        throw new UvsError('PATH_FORBIDDEN', `${shown} is a symlink or no directory, and a release would write below it`, {
          cause: error,
          hint: 'Replace it by a directory, or build the package with the path that it points to.',
        });
      }
      if (isErrno(error, 'ENOENT')) throw new UvsError('NOT_FOUND', `${shown} does not exist`, { cause: error });
      throw pathError(error, shown, 'opening');
    }
  }

  #closeAllBut(kept: string): void {
    for (const [path, { fd }] of this.#open) {
      if (path === kept) continue;
      closeSync(fd);
      this.#open.delete(path);
    }
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }
}

function mountIdOf(fd: number): number {
  const found = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
  if (found === null) throw new UvsError('INTERNAL', 'the kernel tells no mount id (fdinfo without mnt_id)');
  return Number(found[1]);
}

/** The directory that a path below the root is in; '' is the root itself. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
