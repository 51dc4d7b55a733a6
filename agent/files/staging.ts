import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import { isErrno, pathError } from './errno.ts';
import { STAGING_NAME } from './forbidden.ts';
import { mkdirSync, renameSync, touchDirectory } from './disk.ts';
import { findBelow, makeBelow, openTop, openTopIfThere, PrivateDirectory } from './private-directory.ts';
import { removePrivate } from './remove-private.ts';
import { syncFileSystem } from './sync.ts';
import { Tree, type PinnedDirectory } from './tree.ts';

/** Beside new, old and tasks: a directory that has the one name as long as originals are kept, and the other once they are back. */
const [KEPT, RESTORED] = ['kept', 'restored'];

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

  /** Makes the area of a mount, by which that mount is known again. */
  make(base: string): void {
    this.#area(base);
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

  /** Says that originals of a mount are kept. */
  markKept(base: string): void {
    const address = this.#area(base).address(KEPT);
    if (!isThere(address)) mkdirSync(address, 0o700);
  }

  /** Says that all of a mount's originals have their names back; needs no room, and where there is none for a name is left undone. */
  markRestored(base: string): void {
    const area = this.#area(base);
    try {
      renameSync(area.address(KEPT), area.address(RESTORED));
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOSPC', 'EDQUOT')) throw error;
    }
  }

  isRestored(base: string): boolean {
    return isThere(this.#area(base).address(RESTORED));
  }

  /** The kept originals of a mount, by their indexes. */
  originals(base: string): Tree {
    using pinned = this.#area(base).pin('old');
    return new Tree(`/proc/self/fd/${pinned.fd}/.`, `${this.path(base)}/old`);
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
    using top = openTopIfThere(this.root, base);
    using found = top === undefined ? undefined : findBelow(top, [STAGING_NAME, this.operation]);
    return found !== undefined;
  }

  async sync(bases: Iterable<string>): Promise<void> {
    for (const base of bases) {
      await syncFileSystem(join(this.root, base));
      await this.#demandAlive(base);
    }
  }

  /** That its file system said yes to a sync does not prove that it still writes. @throws UvsError */
  async #demandAlive(base: string): Promise<void> {
    using top = openTop(this.root, base);
    using area = findBelow(top, [STAGING_NAME, this.operation]);
    try {
      await touchDirectory((area ?? top).address('.'));
    } catch (cause) {
      if (isErrno(cause, 'ENOSPC', 'EDQUOT')) throw pathError(cause, top.path, 'proving the sync of');
      throw new UvsError('INTERNAL', `the file system of ${top.path} was synced and takes no change any more`, {
        cause,
        hint: 'What was done there may not be on the disk: see the kernel log for errors of the disk.',
      });
    }
  }

  /**
   * Removes the areas, and `.uvs-staging` itself where nothing else is in it, durably: nobody looks for them later.
   * @param isOpen tells of which other operations the areas are still needed; others were left where an earlier removal failed
   */
  async remove(bases: Iterable<string>, isOpen: (operation: string) => boolean): Promise<void> {
    this[Symbol.dispose]();
    for (const base of bases) await removePrivate(this.root, base, STAGING_NAME, (name) => name === this.operation || !isOpen(name));
  }

  #area(base: string): Tree {
    const known = this.#areas.get(base);
    if (known !== undefined) return known;
    using top = openTop(this.root, base);
    using directory = makeBelow(top, [STAGING_NAME, this.operation]);
    for (const part of ['new', 'old', 'tasks']) PrivateDirectory.make(directory, part)[Symbol.dispose]();
    const area = directory.tree();
    this.#areas.set(base, area);
    return area;
  }

  [Symbol.dispose](): void {
    for (const area of this.#areas.values()) area[Symbol.dispose]();
    this.#areas.clear();
  }
}

function isThere(address: string): boolean {
  return lstatSync(address, { throwIfNoEntry: false }) !== undefined;
}
