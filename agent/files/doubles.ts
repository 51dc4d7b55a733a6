import { UvsError } from '../../common/errors.ts';
import { isCaseless } from './mount-rules.ts';
import type { MountTable } from './mount-table.ts';
import { parentOf, type Tree } from './tree.ts';

/** What paths of one directory have in common. */
interface Ground {
  /** Of the deepest directory on the way that is there. */
  readonly identity: string;
  /** Characters of a path that lead to it. */
  readonly skipped: number;
  readonly isCaseless: boolean;
}

/** Finds paths of a package that are one place on the node: by a bind mount, or where upper and lower case are the same. */
export class Doubles {
  readonly #tree: Tree;
  readonly #mounts: MountTable;
  /** By parent directory. */
  readonly #grounds = new Map<string, Ground>();
  readonly #byPlace = new Map<string, string>();

  constructor(tree: Tree, mounts: MountTable) {
    this.#tree = tree;
    this.#mounts = mounts;
  }

  /** @throws UvsError PATH_FORBIDDEN where another path that was looked at is the same place */
  look(path: string): void {
    const directory = parentOf(path);
    let ground = this.#grounds.get(directory);
    if (ground === undefined) this.#grounds.set(directory, (ground = this.#groundOf(path)));
    const rest = path.slice(ground.skipped);
    const place = `${ground.identity}/${ground.isCaseless ? caseless(rest) : rest}`;
    const other = this.#byPlace.get(place);
    if (other !== undefined && other !== path) {
      throw new UvsError('PATH_FORBIDDEN', `${other} and ${path} are one place on this node`, {
        hint: 'Build the package with one of the two; see mount(8), and whether the file system tells upper from lower case.',
      });
    }
    this.#byPlace.set(place, path);
  }

  #groundOf(path: string): Ground {
    const parent = this.#tree.existingParent(path);
    return {
      identity: this.#tree.identity(parent),
      skipped: parent === '' ? 0 : parent.length + 1,
      isCaseless: isCaseless(this.#mounts.covering(path).mount?.type),
    };
  }
}

/** Names that differ in it are different everywhere. Letters that have no single capital stay: file systems exchange one for one. */
function caseless(name: string): string {
  const capitals = Array.from(name.normalize('NFC'), (letter) => {
    const capital = letter.toUpperCase();
    return capital.length === letter.length ? capital : letter;
  });
  return capitals.join('');
}
