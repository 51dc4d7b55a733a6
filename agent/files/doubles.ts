import { UvsError } from '../../common/errors.ts';
import type { MountTable } from './mount-table.ts';
import { Places } from './places.ts';
import type { Tree } from './tree.ts';

/** Finds paths of a package that are one place on the node: by a bind mount, or where upper and lower case are the same. */
export class Doubles {
  readonly #places: Places;
  readonly #byPlace = new Map<string, string>();

  constructor(tree: Tree, mounts: MountTable) {
    this.#places = new Places(tree, mounts);
  }

  /** @throws UvsError PATH_FORBIDDEN where another path that was looked at is the same place */
  look(path: string): void {
    const place = this.#places.of(path);
    const other = this.#byPlace.get(place);
    if (other !== undefined && other !== path) {
      throw new UvsError('PATH_FORBIDDEN', `${other} and ${path} are one place on this node`, {
        hint: 'Build the package with one of the two; see mount(8), and whether the file system tells upper from lower case.',
      });
    }
    this.#byPlace.set(place, path);
  }
}
