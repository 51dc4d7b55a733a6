import { closeSync, constants, fstatSync } from 'node:fs';
import { UvsError } from '../../common/errors.ts';
import { mkdirSync } from './disk.ts';
import { isErrno, pathError } from './errno.ts';
import { openToReadSync } from './reading.ts';
import { Tree } from './tree.ts';

/**
 * A directory that the agent alone may change, pinned by a descriptor. Whoever owns the directory above it can give its name to something else at any
 * moment, so it is judged by what was opened, and whatever is done in it is done through that.
 */
export class PrivateDirectory implements Disposable {
  readonly fd: number;
  /** As it is shown to people. */
  readonly path: string;

  private constructor(fd: number, path: string) {
    this.fd = fd;
    this.path = path;
  }

  /** Undefined where there is none, or what has that name is not the agent's own. */
  static find(above: PinnedPlace, name: string): PrivateDirectory | undefined {
    const path = `${above.path}/${name}`;
    let fd: number;
    try {
      fd = openToReadSync(`/proc/self/fd/${above.fd}/${name}`, constants.O_DIRECTORY | constants.O_NOFOLLOW);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
      throw pathError(error, path, 'opening');
    }
    const stat = fstatSync(fd);
    if (stat.uid === (process.geteuid?.() ?? stat.uid) && (stat.mode & 0o022) === 0) return new PrivateDirectory(fd, path);
    closeSync(fd);
    return undefined;
  }

  /** Finds it, or makes it. @throws UvsError PATH_FORBIDDEN where something else has that name */
  static make(above: PinnedPlace, name: string): PrivateDirectory {
    const path = `${above.path}/${name}`;
    try {
      mkdirSync(`/proc/self/fd/${above.fd}/${name}`, 0o700);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw pathError(error, path, 'making');
    }
    const found = PrivateDirectory.find(above, name);
    if (found !== undefined) return found;
    throw new UvsError('PATH_FORBIDDEN', `${path} is not a directory of the agent's own that nobody else may write`, {
      hint: 'Remove it: it is not needed between updates.',
    });
  }

  /** Address of something in it, for system calls at once. */
  address(name: string): string {
    return `/proc/self/fd/${this.fd}/${name}`;
  }

  /** What is below it, as a tree of its own. */
  tree(): Tree {
    return new Tree(this.address('.'), this.path);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** Opens the topmost directory of a mount, whoever owns it. @param base see Tree.mountBase */
export function openTop(root: string, base: string): PinnedTop {
  using tree = new Tree(root);
  const { fd } = tree.pin(base);
  return {
    fd,
    path: base === '' ? root : `${root}/${base}`,
    address: (name) => `/proc/self/fd/${fd}/${name}`,
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** Undefined where the way to it is gone or leads elsewhere now. */
export function openTopIfThere(root: string, base: string): PinnedTop | undefined {
  try {
    return openTop(root, base);
  } catch (error) {
    if (error instanceof UvsError && (error.reason === 'NOT_FOUND' || error.reason === 'PATH_FORBIDDEN')) return undefined;
    throw error;
  }
}

export interface PinnedTop extends Disposable {
  readonly fd: number;
  readonly path: string;
  address(name: string): string;
}

/** Finds a directory of the agent's own some levels down from a mount's topmost directory; undefined where it is not there. */
export function findBelow(top: PinnedTop, names: readonly string[]): PrivateDirectory | undefined {
  return descend(top, names, (above, name) => PrivateDirectory.find(above, name));
}

/** Makes one there, and those on the way to it. @throws UvsError PATH_FORBIDDEN */
export function makeBelow(top: PinnedTop, names: readonly string[]): PrivateDirectory {
  const made = descend(top, names, (above, name) => PrivateDirectory.make(above, name));
  if (made === undefined) throw new UvsError('INTERNAL', 'a directory of the agent needs a name');
  return made;
}

function descend(
  top: PinnedTop,
  names: readonly string[],
  step: (above: PinnedPlace, name: string) => PrivateDirectory | undefined,
): PrivateDirectory | undefined {
  let current: PrivateDirectory | undefined;
  for (const name of names) {
    using above = current;
    current = step(above ?? top, name);
    if (current === undefined) return undefined;
  }
  return current;
}

type PinnedPlace = Pick<PinnedTop, 'fd' | 'path'>;
