import { join } from 'node:path';
import { removeTree, rmdir } from './disk.ts';
import { isErrno, pathError } from './errno.ts';
import { STAGING_NAME } from './forbidden.ts';
import { isRealDirectory, makePrivate } from './private-directory.ts';
import { syncFileSystem } from './sync.ts';
import { Tree, type PinnedDirectory } from './tree.ts';

/** The staging areas of one operation: on each mount `.uvs-staging/OPERATION/{new,old,tasks}`, readable by the agent alone. */
export class Staging implements Disposable {
  readonly root: string;
  readonly operation: string;
  readonly #areas = new Map<string, Tree>();

  /** @param root real path of the node's root directory */
  constructor(root: string, operation: string) {
    this.root = root;
    this.operation = operation;
  }

  /** Address of a staged content, for use at once. @param base the mount's topmost directory, see Tree.mountBase */
  newAddress(base: string, index: number): string {
    return this.#area(base).address(`new/${index}`);
  }

  /** Address of a kept original. */
  oldAddress(base: string, index: number): string {
    return this.#area(base).address(`old/${index}`);
  }

  /** Address of a directory that is there to take the place of a removed one. @param position of its removal in the plan */
  spareAddress(base: string, position: number): string {
    return this.#area(base).address(`old/directory-${position}`);
  }

  /** Opens the directory of the staged contents for a program. */
  pinNew(base: string): PinnedDirectory {
    return this.#area(base).pin('new');
  }

  /** Real path of a task's program; tasks are staged on the root's own mount. */
  taskPath(index: number): string {
    this.#area('');
    return join(this.path(''), 'tasks', String(index));
  }

  path(base: string): string {
    return join(this.root, base, STAGING_NAME, this.operation);
  }

  isThere(base: string): boolean {
    return isRealDirectory(join(this.root, base, STAGING_NAME)) && isRealDirectory(this.path(base));
  }

  async sync(bases: Iterable<string>): Promise<void> {
    for (const base of bases) await syncFileSystem(join(this.root, base));
  }

  /** Removes the areas, and `.uvs-staging` itself where nothing else is in it. */
  async remove(bases: Iterable<string>): Promise<void> {
    this[Symbol.dispose]();
    for (const base of bases) {
      const parent = join(this.root, base, STAGING_NAME);
      if (!isRealDirectory(parent)) continue;
      try {
        await removeTree(join(parent, this.operation));
        await rmdir(parent);
      } catch (error) {
        if (!isErrno(error, 'ENOTEMPTY', 'ENOENT')) throw pathError(error, parent, 'clearing');
      }
    }
  }

  #area(base: string): Tree {
    const known = this.#areas.get(base);
    if (known !== undefined) return known;
    const parent = join(this.root, base, STAGING_NAME);
    makePrivate(parent);
    makePrivate(join(parent, this.operation));
    for (const part of ['new', 'old', 'tasks']) makePrivate(join(parent, this.operation, part));
    const area = new Tree(join(parent, this.operation));
    this.#areas.set(base, area);
    return area;
  }

  [Symbol.dispose](): void {
    for (const area of this.#areas.values()) area[Symbol.dispose]();
    this.#areas.clear();
  }
}
